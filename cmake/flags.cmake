# All warnings and sanitizers come from this one interface target; every target of ours links it.
add_library(rookery_flags INTERFACE)
target_compile_options(rookery_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough)
if(ROOKERY_WERROR)
  target_compile_options(rookery_flags INTERFACE -Werror)
endif()
if(ROOKERY_SANITIZE)
  target_compile_options(rookery_flags INTERFACE
    -fsanitize=${ROOKERY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(rookery_flags INTERFACE -fsanitize=${ROOKERY_SANITIZE})
  # g++ 12 reports false positives inside the standard library when it instruments.
  target_compile_options(rookery_flags INTERFACE -Wno-maybe-uninitialized -Wno-tsan)
endif()
