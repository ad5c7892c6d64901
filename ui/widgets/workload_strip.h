// The demo's traffic: what it does and how much of it, wanted beside actual, and the button of the Demo
// bench. Shown in a demo that makes its own traffic or has scenarios. Owned by the window; GUI thread only.
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

// The most that can be asked for, per second.
inline constexpr int kMostPosts = 2000, kMostReads = 5000, kMostFollows = 500;

// "running at 63 % (night)": of the rates that are set, at this hour of the demo's short day.
QString trafficPhaseText(const backend::WorkloadStatus& status);
QString trafficRhythmText(); // why, in a sentence or two
// Its accounts and follows are still being made, or tried again: rates apply afterwards.
bool beingMade(const backend::WorkloadStatus& status);

class WorkloadStrip final : public QWidget
{
    Q_OBJECT

public:
    WorkloadStrip(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    // Looks for a workload in the session that is open now.
    void refresh();
    // The Demo bench has the controls then, and this row only says how it goes.
    void setBenchShown(bool shown);

signals:
    void benchToggled(bool shown); // by a person

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

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
    bool emptyDemo() const;
    void showWithout(bool empty, bool mayBegin); // a workload
    QString troubledNode(const std::string& error) const;
    void fitHint();
    void fitPhase();
    void applyRates();

    const Theme& m_theme;
    EngineBridge& m_bridge;
    QTimer m_timer;
    Label *m_phase = nullptr, *m_hint = nullptr; // what to do, where there is room
    QProgressBar* m_progress = nullptr;
    QString m_phaseText, m_phaseShort; // of which the row shows what it has room for
    QWidget* m_controls = nullptr;
    std::vector<Rate> m_rates;
    QToolButton* m_running = nullptr;
    QToolButton* m_bench = nullptr;
    bool m_benchShown = false;
    bool m_preparing = false; // rates apply when the graph is there
};

} // namespace ui
