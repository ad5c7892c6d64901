// Checks on Result<T> inside a Qt Test function: a failure shows the error's own message.
#pragma once

#include "backend/common/result.h"

#include <QTest>

#define VERIFY_OK(expression)                                                                                \
    do {                                                                                                     \
        const auto& okResult = (expression);                                                                 \
        QVERIFY2(okResult.has_value(), okResult.has_value() ? "" : okResult.error().message.c_str());        \
    } while (false)

#define VERIFY_ERROR(result, expected)                                                                       \
    do {                                                                                                     \
        QVERIFY2(!(result).has_value(), "succeeded, but " #expected " was expected");                        \
        QVERIFY2((result).error().code == (expected), (result).error().message.c_str());                     \
    } while (false)

// TAKE(name, call()): name is the value of the Result, or the test fails.
#define TAKE(name, expression)                                                                               \
    auto name##Result = (expression);                                                                        \
    QVERIFY2(name##Result.has_value(),                                                                       \
             name##Result.has_value() ? "" : name##Result.error().message.c_str());                          \
    [[maybe_unused]] auto& name = *name##Result
