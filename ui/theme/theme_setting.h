// The theme that was chosen last, as kept in the settings. GUI thread only.
#pragma once

#include "ui/theme/theme.h"

class QSettings;

namespace ui {

ThemeMode savedThemeMode(const QSettings& settings);
void saveThemeMode(QSettings& settings, ThemeMode mode);

} // namespace ui
