# cmake -DTRAINING=TREE -DTRAINED=FOLDER -P train.cmake - runs the program that counts, and lays the counts into FOLDER under
# the names by which GCC looks for them when it makes the real objects.
file(GLOB_RECURSE old ${TRAINING}/*.gcda)
if(old)
  file(REMOVE ${old}) # counts are added to those of an earlier run
endif()
execute_process(COMMAND ${TRAINING}/ww_train OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE_RECURSE ${TRAINED})
file(MAKE_DIRECTORY ${TRAINED})

file(GLOB_RECURSE counts RELATIVE ${TRAINING} ${TRAINING}/*.gcda)
if(NOT counts)
  message(WARNING "the training left no counts in ${TRAINING}: the program will work, but slower")
endif()
get_filename_component(tree ${TRAINED} DIRECTORY)
file(REAL_PATH ${tree} real_tree)
foreach(name ${counts})
  foreach(folder ${tree} ${real_tree}) # GCC asks the shell's PWD, if it is right, or the kernel
    string(REPLACE "/" "#" mangled "${folder}/${name}")
    configure_file(${TRAINING}/${name} "${TRAINED}/${mangled}" COPYONLY)
  endforeach()
endforeach()
file(WRITE ${TRAINED}/stamp "")
