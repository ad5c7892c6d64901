// Result<T>: a value or an Error. Everything that can fail at run time returns one.
#pragma once

#include "backend/domain/error.h"

#include <tl/expected.hpp>

namespace backend {

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message, bool retryable = false)
{
    return tl::unexpected<Error>(Error{code, std::move(message), retryable});
}
inline tl::unexpected<Error> fail(Error error)
{
    return tl::unexpected<Error>(std::move(error));
}

} // namespace backend

// Returns the error of a Result from the calling function, which returns a Result itself.
#define ROOKERY_TRY(expression)                                                                              \
    do {                                                                                                     \
        if (auto rookeryResult = (expression); !rookeryResult)                                               \
            return tl::unexpected<::backend::Error>(std::move(rookeryResult.error()));                       \
    } while (false)

// ROOKERY_ASSIGN(auto x, call()): x is the value, or the error is returned.
#define ROOKERY_CONCAT_INNER(a, b) a##b
#define ROOKERY_CONCAT(a, b) ROOKERY_CONCAT_INNER(a, b)
#define ROOKERY_ASSIGN(declaration, expression)                                                              \
    auto ROOKERY_CONCAT(rookeryResult, __LINE__) = (expression);                                             \
    if (!ROOKERY_CONCAT(rookeryResult, __LINE__))                                                            \
        return tl::unexpected<::backend::Error>(std::move(ROOKERY_CONCAT(rookeryResult, __LINE__).error())); \
    declaration = std::move(*ROOKERY_CONCAT(rookeryResult, __LINE__))
