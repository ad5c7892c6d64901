// The progress of an import: phase, bar, rate, time left, and a way to stop it. Shown while the session
// replays a log. Owned by the window; GUI thread only.
#pragma once

#include <QTimer>
#include <QWidget>

#include "backend/domain/workload.h"
#include "ui/theme/theme.h"

class QProgressBar;
class QPushButton;
class QToolButton;

namespace ui {

class EngineBridge;
class Label;

class ReplayStrip final : public QWidget
{
    Q_OBJECT

public:
    ReplayStrip(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    // Looks for a replay in the session that is open now.
    void refresh();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void build();
    void showStatus(const backend::ReplayStatus& status);
    static bool over(const backend::ReplayStatus& status);
    QString phaseText(const backend::ReplayStatus& status) const;
    QString detailText(const backend::ReplayStatus& status) const;

    const Theme& m_theme;
    EngineBridge& m_bridge;
    QTimer m_timer;
    bool m_dismissed = false;
    Label* m_phase = nullptr;
    QProgressBar* m_bar = nullptr;
    Label* m_detail = nullptr;
    QPushButton* m_cancel = nullptr;
    QToolButton* m_dismiss = nullptr;
};

} // namespace ui
