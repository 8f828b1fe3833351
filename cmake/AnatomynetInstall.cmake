# cmake --install: the programs, the shipped weights, manual page, completion and documents, by GNU's folders. The
# program finds its weights by ../share/anatomynet/models from where it lies, so the tree can be moved.
include(GNUInstallDirs)

set(documents ${CMAKE_BINARY_DIR}/documents)
add_custom_command(
  OUTPUT ${documents}/anatomynet.1.gz ${documents}/anatomynet.bash
  COMMAND ${CMAKE_COMMAND} -E make_directory ${documents}
  COMMAND sh -ec "\"$1\" --man | gzip -9n > anatomynet.1.gz; \"$1\" --bash-completion > anatomynet.bash" sh
          $<TARGET_FILE:anatomynet>
  DEPENDS anatomynet WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/documents VERBATIM)
file(MAKE_DIRECTORY ${documents})
add_custom_target(installed_documents ALL DEPENDS ${documents}/anatomynet.1.gz ${documents}/anatomynet.bash)
add_dependencies(programs installed_documents)

install(TARGETS anatomynet RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT anatomynet)
if(TARGET anatomynet-network)
  install(TARGETS anatomynet-network RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT train)
  install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/anatomynet COMPONENT train)
endif()
install(FILES models/anatomynet-openkbp.safetensors models/anatomynet-phantom.safetensors
        DESTINATION ${CMAKE_INSTALL_DATADIR}/anatomynet/models COMPONENT anatomynet)
install(FILES ${documents}/anatomynet.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT anatomynet)
install(FILES ${documents}/anatomynet.bash RENAME anatomynet
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT anatomynet)
install(FILES README.md NOTICE docs/commands.md docs/errors.md docs/dicom.md docs/quality.md docs/accuracy.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT anatomynet)
