// The demo's traffic: what it does and how much of it, wanted beside actual. Shown while the session makes
// its own traffic. Owned by the window; GUI thread only.
#pragma once

#include <QTimer>
#include <QWidget>

#include "backend/domain/workload.h"
#include "ui/theme/theme.h"

#include <vector>

class QHBoxLayout;
class QProgressBar;
class QSpinBox;
class QToolButton;

namespace ui {

class EngineBridge;
class Label;

class WorkloadStrip final : public QWidget
{
    Q_OBJECT

public:
    WorkloadStrip(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    // Looks for a workload in the session that is open now.
    void refresh();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Rate
    {
        double backend::WorkloadRates::*value = nullptr;
        QSpinBox* wanted = nullptr;
        Label* actual = nullptr;
    };

    void build();
    Rate addRate(QHBoxLayout* row, const char* name, const QString& title, int most,
                 double backend::WorkloadRates::*value);
    void showStatus(const backend::WorkloadStatus& status);
    void applyRates();

    const Theme& m_theme;
    EngineBridge& m_bridge;
    QTimer m_timer;
    Label* m_phase = nullptr;
    QProgressBar* m_progress = nullptr;
    QWidget* m_controls = nullptr;
    std::vector<Rate> m_rates;
    QToolButton* m_running = nullptr;
};

} // namespace ui
