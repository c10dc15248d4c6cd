# What knows of MPI is a module that the program loads when mpirun has started it: to load MPI's libraries takes longer than
# many a run. It stands beside the program, or in the folder of its own that `cmake --install` makes.
include(GNUInstallDirs)

add_library(wirewalk_mpi MODULE sim/engine_mpi.c)
ww_target(wirewalk_mpi)
target_link_libraries(wirewalk_mpi PRIVATE MPI::MPI_C)
set_target_properties(wirewalk_mpi PROPERTIES PREFIX "" OUTPUT_NAME wirewalk-mpi SUFFIX .so)
install(TARGETS wirewalk_mpi LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/wirewalk)

file(RELATIVE_PATH ww_to_module /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR}/wirewalk)
add_dependencies(wirewalk wirewalk_mpi)
target_compile_definitions(wirewalk PRIVATE WW_HAVE_MPI WW_MODULE_FOLDER="${ww_to_module}")
