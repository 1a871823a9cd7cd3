# What the library itself needs: for our own build, and, installed beside
# caf_raftConfig.cmake, for every project that links it.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)

# Cap'n Proto's package runs a check in C.
if(NOT CMAKE_C_COMPILER_LOADED)
  enable_language(C)
endif()
find_package(CapnProto CONFIG REQUIRED)

# CAF 1.x brings its own package; for 0.17 of Debian and Ubuntu there is ours.
find_package(CAF CONFIG QUIET COMPONENTS core io)
if(NOT TARGET CAF::io)
  list(PREPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
  find_package(CAF MODULE REQUIRED COMPONENTS core io)
  list(POP_FRONT CMAKE_MODULE_PATH)
endif()

find_package(PkgConfig REQUIRED)
pkg_check_modules(LMDB REQUIRED IMPORTED_TARGET lmdb)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)
