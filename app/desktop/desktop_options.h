// The desktop's command line, as values.
#pragma once

#include "app/session/session_factory.h"
#include "ui/theme/theme.h"

#include <QSize>
#include <QString>
#include <QStringList>

#include <chrono>
#include <optional>

namespace app {

struct DesktopOptions
{
    SessionOptions session;
    bool opens = false; // --demo or --connect: no choice at the start
    QString connectFile;
    std::optional<ui::ThemeMode> theme;
    QSize size{1280, 800};
    bool sizeGiven = false;
    QString screenshotDirectory;
    std::chrono::seconds gather{8}; // data in the charts before the first picture
    std::optional<std::chrono::seconds> exitAfter;
    QString reportFile;

    // Runs by itself: nothing of a person's settings is read or written.
    bool unattended() const { return !screenshotDirectory.isEmpty() || !reportFile.isEmpty(); }
};

// An error is one sentence for standard error; then the program ends with 2. --help and --version end it with
// 0.
backend::Result<DesktopOptions> parseDesktopOptions(const QStringList& arguments);

} // namespace app
