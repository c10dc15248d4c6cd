# Debian's wasi-libc and clang: the proof that the engine needs nothing but a C17 compiler and libc.
set(CMAKE_SYSTEM_NAME Generic) # CMake has no platform file for WASI; nothing is linked here
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_C_COMPILER clang)
set(CMAKE_C_COMPILER_TARGET wasm32-wasi)
set(CMAKE_C_FLAGS_INIT "-isystem /usr/include/wasm32-wasi")
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
