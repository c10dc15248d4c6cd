# ww_layer(NAME FOLDER DEPENDENCY...) - one static library for each layer of the house.
function(ww_layer name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.c)
  list(FILTER sources EXCLUDE REGEX "/engine_mpi\\.c$") # a module of its own
  if(WW_ENGINE_ONLY) # no threads there
    list(FILTER sources EXCLUDE REGEX "/engine_threads\\.c$")
  endif()
  if(sources)
    add_library(ww_${name} STATIC ${sources})
    target_link_libraries(ww_${name} PRIVATE ww_options)
    set(scope PUBLIC)
  else()
    add_library(ww_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  foreach(dependency ${ARGN})
    target_link_libraries(ww_${name} ${scope} ww_${dependency})
  endforeach()
endfunction()

# ww_layer_uses(NAME LIBRARY...) - outside libraries a layer needs.
function(ww_layer_uses name)
  get_target_property(type ww_${name} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    target_link_libraries(ww_${name} INTERFACE ${ARGN})
  else()
    target_link_libraries(ww_${name} PUBLIC ${ARGN})
  endif()
endfunction()
