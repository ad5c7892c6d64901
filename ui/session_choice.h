// What a person chose to open, and how the program turns that into an opener. Plain values.
#pragma once

#include <QString>

#include "backend/engine.h"

#include <functional>

namespace ui {

struct SessionChoice
{
    enum class Kind { Demo, Connect };
    Kind kind = Kind::Demo;
    QString configFile; // Connect
};

// Made by app/. Returns at once: opening itself happens in the bridge's threads.
using OpenerFactory = std::function<backend::SessionOpener(const SessionChoice&)>;

} // namespace ui
