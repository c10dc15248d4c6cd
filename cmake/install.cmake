# What `cmake --install` copies; po/ and docs/man/ install their own.
include(GNUInstallDirs)

if(TARGET wirewalk)
  install(TARGETS wirewalk RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY topologies scenarios exercises DESTINATION ${CMAKE_INSTALL_DATADIR}/wirewalk)
install(DIRECTORY integrations DESTINATION ${CMAKE_INSTALL_DATADIR}/wirewalk USE_SOURCE_PERMISSIONS)
install(FILES README.md README.zh.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
install(FILES completions/wirewalk.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME wirewalk)
install(FILES completions/_wirewalk DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES completions/wirewalk.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
