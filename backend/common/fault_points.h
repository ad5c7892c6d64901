// Named places at which a test makes the process die or stop. They are there only where ROOKERY_FAULT_POINTS
// is defined, which is in the few sources compiled a second time for the victims of crash tests
// (tests/integration); in every other object they are nothing. What is to happen is told by the environment
// variable ROOKERY_FAULT:
//     kill:POINT:N:FILE   the N-th passing of POINT ends the process by SIGKILL
//     stop:POINT:N:FILE   … stops it by SIGSTOP, until somebody sends SIGCONT
//     hold:POINT:N:FILE   … holds that one thread for as long as FILE exists
// Before it happens POINT is appended to FILE. Any thread.
#pragma once

#ifdef ROOKERY_FAULT_POINTS

namespace backend::fault {

[[nodiscard]] bool due(const char* point) noexcept; // counts; true for the one passing that was asked for
void strike(const char* point) noexcept;

} // namespace backend::fault

#define ROOKERY_FAULT_POINT(point)                                                                           \
    do {                                                                                                     \
        if (::backend::fault::due(point)) ::backend::fault::strike(point);                                   \
    } while (false)

// Does something first: to strike in the middle of what otherwise goes in one piece.
#define ROOKERY_FAULT_POINT_AFTER(point, ...)                                                                \
    do {                                                                                                     \
        if (::backend::fault::due(point)) {                                                                  \
            __VA_ARGS__;                                                                                     \
            ::backend::fault::strike(point);                                                                 \
        }                                                                                                    \
    } while (false)

#else

#define ROOKERY_FAULT_POINT(point) static_cast<void>(0)
#define ROOKERY_FAULT_POINT_AFTER(point, ...) static_cast<void>(0)

#endif
