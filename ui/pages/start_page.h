// The first face of the window: start the demo or connect to a cluster; then the progress of opening, or why
// it failed. Fills the window while no session is open. Owned by the window; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/bridge/engine_bridge.h"
#include "ui/session_choice.h"

class QProgressBar;
class QPushButton;
class QSettings;
class QStackedWidget;
class QVBoxLayout;

namespace ui {

class Label;
class Theme;

class StartPage final : public QWidget
{
    Q_OBJECT

public:
    StartPage(const Theme& theme, EngineBridge& bridge, QSettings& settings, QWidget* parent);

    // Remembers the file at the top of the recent ones.
    void addRecent(const QString& configFile);

signals:
    void chosen(const ui::SessionChoice& choice);

private:
    enum Face { ChoiceFace, OpeningFace, FailedFace };

    QWidget* buildChoice();
    QWidget* buildOpening();
    QWidget* buildFailed();
    QWidget* buildFace(const QString& title, QVBoxLayout*& body);
    QPushButton* addOption(QVBoxLayout* body, const char* name, const QString& icon, const QString& title,
                           const QString& explanation);
    void showState(EngineBridge::State state);
    void showProgress(const QString& step, double fraction);
    void fillRecent();
    void chooseFile();

    const Theme& m_theme;
    EngineBridge& m_bridge;
    QSettings& m_settings;
    QStackedWidget* m_faces = nullptr;
    QPushButton* m_demo = nullptr;
    QVBoxLayout* m_recent = nullptr;
    Label* m_step = nullptr;
    QProgressBar* m_progress = nullptr;
    Label* m_error = nullptr;
    QPushButton* m_retry = nullptr;
};

} // namespace ui
