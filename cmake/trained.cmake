# A release build with GCC is trained: the layers that a frame passes through are first compiled into a program that counts,
# while it runs the workloads of bench/, which way every branch goes, then for good, laid out and inlined by those counts.
# What the program does is the same; only its speed is not. The counting program has a build tree of its own, in which its
# objects have the names of the real ones: GCC finds a static function's counts by them.
option(WW_TRAINING "internal: the tree of the program that counts" OFF)
if(WW_TRAINING)
  set(WW_TRAINED OFF)
  add_compile_options(-flto -fprofile-generate -fprofile-update=single)
  add_link_options(-flto=auto -fprofile-generate)
elseif(WW_ENGINE_ONLY OR WW_SANITIZE OR WW_FUZZ OR CMAKE_CROSSCOMPILING OR NOT CMAKE_C_COMPILER_ID STREQUAL "GNU"
       OR NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  set(WW_TRAINED OFF)
else()
  option(WW_TRAINED "optimize by what the benchmarks count (GCC, release builds)" ON)
endif()

if(WW_TRAINED)
  # The program itself is optimized across its files when it is linked; the tests are linked as usual, which is much quicker.
  add_link_options($<IF:$<STREQUAL:$<TARGET_PROPERTY:NAME>,wirewalk>,-flto=auto,-fno-lto>)
endif()
set(ww_training ${CMAKE_BINARY_DIR}/training) # the tree of the program that counts
set(ww_trained ${CMAKE_BINARY_DIR}/trained)   # the counts, by the names of the objects that use them

# ww_training(LAYER...) - the layers are optimized by counts, which are taken anew when a source of what counts has changed.
function(ww_training)
  set(sources "")
  foreach(folder base stack sim devices bench)
    file(GLOB_RECURSE more CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.[ch])
    list(APPEND sources ${more})
  endforeach()
  add_custom_command(
    OUTPUT ${ww_trained}/stamp
    COMMAND ${CMAKE_COMMAND} -S ${CMAKE_SOURCE_DIR} -B ${ww_training} -G ${CMAKE_GENERATOR} -DWW_TRAINING=ON
            -DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE} -DCMAKE_C_COMPILER=${CMAKE_C_COMPILER}
            "-DCMAKE_C_FLAGS=${CMAKE_C_FLAGS}" "-DCMAKE_C_COMPILER_LAUNCHER=${CMAKE_C_COMPILER_LAUNCHER}"
            -DWW_MPI=${WW_MPI} --log-level=WARNING
    COMMAND ${CMAKE_COMMAND} --build ${ww_training} --target ww_train
    COMMAND ${CMAKE_COMMAND} -DTRAINING=${ww_training} -DTRAINED=${ww_trained} -P ${CMAKE_SOURCE_DIR}/cmake/train.cmake
    DEPENDS ${sources} ${CMAKE_SOURCE_DIR}/CMakeLists.txt ${CMAKE_SOURCE_DIR}/cmake/train.cmake
    VERBATIM
    COMMENT "Training on the benchmarks"
    USES_TERMINAL) # alone: it is a build by itself
  add_custom_target(ww_trained DEPENDS ${ww_trained}/stamp)
  foreach(layer ${ARGN})
    target_compile_options(ww_${layer} PRIVATE -flto -ffat-lto-objects -fprofile-use=${ww_trained}
      -fprofile-partial-training -fprofile-correction -Wno-missing-profile)
    add_dependencies(ww_${layer} ww_trained)
  endforeach()
endfunction()
