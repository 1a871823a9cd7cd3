# What the CMakeLists.txt of several directories use.

# Sets `variable` to the sources below the current directory that match the globs,
# or, so that a target can be made of headers alone, to an empty source.
#
#   collect_sources(VARIABLE GLOB... [ONLY REGEX] [EXCEPT REGEX])
function(collect_sources variable)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ONLY;EXCEPT" "")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${arg_UNPARSED_ARGUMENTS})
  if(arg_ONLY)
    list(FILTER sources INCLUDE REGEX "${arg_ONLY}")
  endif()
  if(arg_EXCEPT)
    list(FILTER sources EXCLUDE REGEX "${arg_EXCEPT}")
  endif()
  if(NOT sources)
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/no_${variable}.cpp)
    file(CONFIGURE OUTPUT ${sources} CONTENT "// All in headers.\n")
  endif()
  set(${variable} ${sources} PARENT_SCOPE)
endfunction()

# Has the target's files begin with the headers of others that most of them include,
# read once instead of each time: they cost more than our own code. A file includes
# what it uses all the same: scripts/check-tidy reads it without.
#
#   target_precompiled(TARGET HEADER...)
function(target_precompiled target)
  if(CAF_RAFT_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE ${ARGN})
    target_compile_options(
      ${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  endif()
endfunction()

set(CAF_HEADERS <caf/event_based_actor.hpp> <caf/io/middleman.hpp>
    <caf/io/typed_broker.hpp> <caf/typed_event_based_actor.hpp> <fmt/format.h>)

# Compiles schemas/NAME.capnp, and those that it imports, into the target, which
# includes them, as does whoever links the target, as "NAME.capnp.h". Generated
# code is built without our warnings. Does nothing where there is no such schema.
function(target_schema target name)
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/schemas/${name}.capnp)
    return()
  endif()
  set(schemas ${name} ${ARGN})
  list(TRANSFORM schemas REPLACE "(.+)" "${PROJECT_SOURCE_DIR}/schemas/\\1.capnp")
  set(CAPNPC_SRC_PREFIX ${PROJECT_SOURCE_DIR}/schemas)
  set(CAPNPC_OUTPUT_DIR ${PROJECT_BINARY_DIR}/schemas/${name})
  file(MAKE_DIRECTORY ${CAPNPC_OUTPUT_DIR})
  capnp_generate_cpp(sources headers ${schemas})
  set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS -w)
  target_sources(${target} PRIVATE ${sources} ${headers})
  # For tools that read code without building it: scripts/check-tidy.
  add_custom_target(schema_${name} DEPENDS ${headers})
  target_include_directories(
    ${target} SYSTEM PUBLIC $<BUILD_INTERFACE:${CAPNPC_OUTPUT_DIR}>)
endfunction()

# Has a program allocate with tcmalloc, as far as CAF_RAFT_ALLOCATOR wants it: what
# one thread allocates another one frees here, message after message, which glibc's
# allocator is slower at (docs/performance.md). Sanitizers bring their own.
function(target_allocator target)
  if(NOT CAF_RAFT_ALLOCATOR MATCHES "^(auto|tcmalloc|system)$")
    message(FATAL_ERROR "CAF_RAFT_ALLOCATOR is ${CAF_RAFT_ALLOCATOR}; expected "
                        "auto, tcmalloc or system")
  endif()
  if(CAF_RAFT_ALLOCATOR STREQUAL "system" OR CAF_RAFT_SANITIZE)
    return()
  endif()
  pkg_check_modules(TCMALLOC IMPORTED_TARGET libtcmalloc_minimal)
  if(TARGET PkgConfig::TCMALLOC)
    target_link_libraries(${target} PRIVATE PkgConfig::TCMALLOC)
  elseif(CAF_RAFT_ALLOCATOR STREQUAL "tcmalloc")
    message(FATAL_ERROR "CAF_RAFT_ALLOCATOR is tcmalloc, which is not there: "
                        "install libgoogle-perftools-dev")
  endif()
endfunction()
