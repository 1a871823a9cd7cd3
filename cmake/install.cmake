# What is installed: the libraries, their headers and schema, and the package
# `caf_raft`, which gives other projects caf_raft::caf_raft and, for tests of their
# own, caf_raft::caf_raft_test.
include(CMakePackageConfigHelpers)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/caf_raft)

install(TARGETS caf_raft caf_raft_test EXPORT caf_raft)
install(DIRECTORY libcaf_raft/caf DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY ${PROJECT_BINARY_DIR}/schemas/raft/
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/caf/raft/schemas
        FILES_MATCHING PATTERN "*.h")
install(EXPORT caf_raft NAMESPACE caf_raft:: DESTINATION ${package}
        FILE caf_raftTargets.cmake)

configure_file(cmake/caf_raftConfig.cmake.in caf_raftConfig.cmake @ONLY)
write_basic_package_version_file(
  caf_raftConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/caf_raftConfig.cmake
              ${PROJECT_BINARY_DIR}/caf_raftConfigVersion.cmake
              cmake/caf_raft_dependencies.cmake cmake/FindCAF.cmake
        DESTINATION ${package})
