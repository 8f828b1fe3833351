# cmake --install: what AnatomynetPackages.cmake makes packages of, one a component, by GNU's folders. The program finds
# its weights by ../share/anatomynet/models from where it lies, and no file names the prefix, so the tree can be moved.
if(EXISTS /etc/debian_version AND CMAKE_LIBRARY_ARCHITECTURE)
  # In every prefix, as Debian's linker, pkg-config and CMake look there: one build serves /usr/local and packages.
  set(CMAKE_INSTALL_LIBDIR lib/${CMAKE_LIBRARY_ARCHITECTURE} CACHE PATH "Libraries, below the prefix")
endif()
include(GNUInstallDirs)
set(models ${CMAKE_INSTALL_DATADIR}/anatomynet/models)

set(documents ${CMAKE_BINARY_DIR}/documents)
add_custom_command(
  OUTPUT ${documents}/anatomynet.1.gz ${documents}/anatomynet-network.1.gz ${documents}/anatomynet.bash
  COMMAND ${CMAKE_COMMAND} -E make_directory ${documents}
  COMMAND sh -ec "\"$1\" --man | gzip -9n > anatomynet.1.gz; \"$1\" --bash-completion > anatomynet.bash" sh
          $<TARGET_FILE:anatomynet>
  COMMAND sh -ec "\"$1\" --man-network | gzip -9n > anatomynet-network.1.gz" sh $<TARGET_FILE:anatomynet>
  DEPENDS anatomynet WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/documents VERBATIM)
file(MAKE_DIRECTORY ${documents})
add_custom_target(installed_documents ALL DEPENDS ${documents}/anatomynet.1.gz ${documents}/anatomynet.bash)
add_dependencies(programs installed_documents)

install(TARGETS anatomynet RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT anatomynet)
if(TARGET anatomynet-network)
  install(TARGETS anatomynet-network RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT train)
  install(FILES ${documents}/anatomynet-network.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT train)
  install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/anatomynet COMPONENT train)
endif()
install(FILES models/anatomynet-openkbp.safetensors models/anatomynet-phantom.safetensors
        DESTINATION ${models} COMPONENT anatomynet)
install(FILES ${documents}/anatomynet.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT anatomynet)
install(FILES ${documents}/anatomynet.bash RENAME anatomynet
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT anatomynet)
install(FILES README.md NOTICE docs/commands.md docs/errors.md docs/templates.md docs/dicom.md docs/quality.md docs/accuracy.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT anatomynet)

if(TARGET anatomynet_node)
  # Not enabled, and not started: there is no configuration yet (docs/node.md).
  install(FILES packaging/anatomynet.service DESTINATION lib/systemd/system COMPONENT anatomynet)
  install(FILES docs/node.md docs/conformance.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT anatomynet)
  install(FILES examples/node.toml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT anatomynet)
endif()

if(NOT TARGET anatomynet_shared)
  return()
endif()
set(config ${CMAKE_INSTALL_LIBDIR}/cmake/anatomynet)
install(TARGETS anatomynet_shared EXPORT anatomynet
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development
        PUBLIC_HEADER DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/anatomynet COMPONENT development
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT anatomynet NAMESPACE anatomynet:: FILE anatomynetTargets.cmake DESTINATION ${config}
        COMPONENT development)

include(CMakePackageConfigHelpers)
configure_package_config_file(cmake/anatomynetConfig.cmake.in ${CMAKE_BINARY_DIR}/anatomynetConfig.cmake
  INSTALL_DESTINATION ${config} PATH_VARS CMAKE_INSTALL_INCLUDEDIR models)
# Before 1.0 a minor version may change the interface (docs/api.md).
write_basic_package_version_file(${CMAKE_BINARY_DIR}/anatomynetConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/anatomynetConfig.cmake ${CMAKE_BINARY_DIR}/anatomynetConfigVersion.cmake
        DESTINATION ${config} COMPONENT development)

cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
           OUTPUT_VARIABLE to_prefix)
configure_file(packaging/anatomynet.pc.in ${CMAKE_BINARY_DIR}/anatomynet.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/anatomynet.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
set(development ${CMAKE_INSTALL_DATADIR}/doc/libanatomynet-dev)
install(FILES docs/api.md DESTINATION ${development} COMPONENT development)
install(FILES examples/c/organ_volume.c examples/cpp/organ_volume.cpp DESTINATION ${development}/examples
        COMPONENT development)

# Where Debian's Python looks in /usr; elsewhere PYTHONPATH has to name it.
set(ANATOMYNET_PYTHON_DIR lib/python3/dist-packages CACHE PATH "Python packages, below the prefix")
file(GLOB python CONFIGURE_DEPENDS python/anatomynet/*.py python/anatomynet/py.typed)
install(FILES ${python} DESTINATION ${ANATOMYNET_PYTHON_DIR}/anatomynet COMPONENT python)
install(FILES examples/python/organ_volume.py DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/python3-anatomynet/examples
        COMPONENT python)
