// The engine's log: one line per event worth a person's time, to stderr or a file. Thread-safe. The process
// owns it.
#pragma once

#include <string_view>

namespace backend::log {

enum class Level { Debug, Info, Warning, Error, Off };

void setLevel(Level level);
// Lines go to this file as well (rotated at 10 MB, three kept); false when it cannot be opened.
bool setFile(std::string_view path);
void debug(std::string_view line);
void info(std::string_view line);
void warning(std::string_view line);
void error(std::string_view line);

} // namespace backend::log
