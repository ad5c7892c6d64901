// Writes a whole file or leaves the old one as it was; says why it failed and what to do. Any thread but the
// GUI's.
#pragma once

#include <QString>

#include "backend/engine.h"

namespace ui {

// What can be told before there is anything to write.
backend::Result<void> checkFileTarget(const QString& path);
backend::Result<void> saveFile(const QString& path, const QByteArray& content);

} // namespace ui
