#include "ui/theme/theme_setting.h"

#include <QSettings>

namespace ui {
namespace {

const QString kKey = QStringLiteral("window/theme");

} // namespace

// In words, so that a person can edit it.
ThemeMode savedThemeMode(const QSettings& settings)
{
    const auto name = settings.value(kKey).toString();
    return name == QLatin1StringView("light")  ? ThemeMode::Light
           : name == QLatin1StringView("dark") ? ThemeMode::Dark
                                               : ThemeMode::System;
}

void saveThemeMode(QSettings& settings, ThemeMode mode)
{
    settings.setValue(kKey, mode == ThemeMode::Light  ? QStringLiteral("light")
                            : mode == ThemeMode::Dark ? QStringLiteral("dark")
                                                      : QStringLiteral("system"));
}

} // namespace ui
