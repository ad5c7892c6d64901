// Takes a picture of every page in both themes once live data are there, then tells that it is done. Owned by
// the program; GUI thread only.
#pragma once

#include <QObject>
#include <QString>
#include <QTimer>

#include <chrono>

namespace ui {

class EngineBridge;
class MainWindow;
class Theme;

class ScreenshotRun final : public QObject
{
    Q_OBJECT

public:
    // Pictures are named PAGE-light.png and PAGE-dark.png. settle: how long data gather before the first
    // picture.
    ScreenshotRun(MainWindow& window, EngineBridge& bridge, Theme& theme, QString directory,
                  std::chrono::milliseconds settle, QObject* parent);
    ~ScreenshotRun() override;

    bool done() const { return m_done; } // every picture is written

signals:
    // error empty: all pictures are written.
    void finished(const QString& error);

private:
    void start();
    void next();
    void takeAfter(std::chrono::milliseconds time);
    void take();
    void taken(const QString& path, bool written);
    void fail(const QString& error);

    MainWindow& m_window;
    EngineBridge& m_bridge;
    Theme& m_theme;
    QString m_directory;
    std::chrono::milliseconds m_settle;
    QTimer m_timer;
    int m_step = 0;  // two per page
    int m_waits = 0; // of the present one, for a busy window
    bool m_started = false, m_done = false;
};

} // namespace ui
