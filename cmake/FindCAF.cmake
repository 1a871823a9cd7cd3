# Finds CAF where it comes without a CAFConfig.cmake, as Debian and Ubuntu ship
# it. Makes the targets of CAF's own package: CAF::core and CAF::io.
include(FindPackageHandleStandardArgs)
find_package(Threads REQUIRED)

find_path(CAF_INCLUDE_DIR caf/all.hpp)
# In a directory of its own where packages are installed per architecture.
find_path(CAF_BUILD_CONFIG_DIR caf/detail/build_config.hpp
          HINTS ${CAF_INCLUDE_DIR})
mark_as_advanced(CAF_INCLUDE_DIR CAF_BUILD_CONFIG_DIR)

# 1706 stands for 0.17.6. (Only 0.x comes here; 1.x spells the number otherwise.)
if(CAF_INCLUDE_DIR)
  file(STRINGS ${CAF_INCLUDE_DIR}/caf/config.hpp CAF_VERSION
       REGEX "^#define CAF_VERSION +[0-9]+")
  string(REGEX REPLACE ".* 0*([0-9]+)$" "\\1" CAF_VERSION "${CAF_VERSION}")
  math(EXPR CAF_VERSION_MAJOR "${CAF_VERSION} / 10000")
  math(EXPR CAF_VERSION_MINOR "${CAF_VERSION} / 100 % 100")
  math(EXPR CAF_VERSION_PATCH "${CAF_VERSION} % 100")
  set(CAF_VERSION
      ${CAF_VERSION_MAJOR}.${CAF_VERSION_MINOR}.${CAF_VERSION_PATCH})
endif()

foreach(component core io)
  find_library(CAF_${component}_LIBRARY caf_${component})
  mark_as_advanced(CAF_${component}_LIBRARY)
  if(CAF_INCLUDE_DIR AND CAF_${component}_LIBRARY)
    set(CAF_${component}_FOUND TRUE)
  endif()
endforeach()

find_package_handle_standard_args(
  CAF
  REQUIRED_VARS CAF_INCLUDE_DIR CAF_BUILD_CONFIG_DIR
  VERSION_VAR CAF_VERSION
  HANDLE_COMPONENTS)

foreach(component core io)
  if(CAF_${component}_FOUND AND NOT TARGET CAF::${component})
    add_library(CAF::${component} UNKNOWN IMPORTED)
    set_target_properties(
      CAF::${component} PROPERTIES
      IMPORTED_LOCATION "${CAF_${component}_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES
      "${CAF_INCLUDE_DIR};${CAF_BUILD_CONFIG_DIR}"
      INTERFACE_LINK_LIBRARIES Threads::Threads)
  endif()
endforeach()
if(TARGET CAF::io)
  set_property(TARGET CAF::io APPEND PROPERTY INTERFACE_LINK_LIBRARIES CAF::core)
endif()
