# Compiler settings every target shares.
add_library(ww_options INTERFACE)
target_include_directories(ww_options INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
target_compile_options(ww_options INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Werror
  -Wno-missing-field-initializers # an endpoint { address, port } leaves its IPv6 half out
  -fno-strict-aliasing -ffp-contract=off)
if(NOT WW_ENGINE_ONLY)
  target_compile_definitions(ww_options INTERFACE _GNU_SOURCE)
endif()
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  # gcc's null-pointer and overflow guesses fire on inlined code that cannot reach them.
  target_compile_options(ww_options INTERFACE -Wno-error=maybe-uninitialized -Wno-error=array-bounds
    -Wno-error=stringop-overflow -Wno-error=stringop-overread -Wno-error=stringop-truncation)
endif()
if(WW_SANITIZE)
  target_compile_options(ww_options INTERFACE -fsanitize=${WW_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(ww_options INTERFACE -fsanitize=${WW_SANITIZE})
  if(WW_SANITIZE MATCHES "undefined")
    target_compile_options(ww_options INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()
if(WW_FUZZ)
  target_compile_options(ww_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

function(ww_target name)
  target_link_libraries(${name} PRIVATE ww_options)
endfunction()
