// Push or merge: the cost of every threshold from the authors' own figures, today's point on it, and a slider
// for a fixed threshold, which can be put into effect after a question that names what changes. Owned by the
// Capacity page; GUI thread only.
#pragma once

#include "ui/widgets/card.h"

#include "backend/domain/fanout_costs.h"
#include "ui/models/fanout_curve.h"

#include <optional>

class QPushButton;
class QSlider;
class QSpinBox;

namespace ui {

class CurveChart;
class EngineBridge;
class FigureGrid;

class ThresholdPlanner final : public Card
{
    Q_OBJECT

public:
    ThresholdPlanner(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    void setCosts(const backend::FanoutCosts& costs);
    void clear(const QString& reason);
    // They are being read, or could not be: earlier ones stay, but nothing is decided by them after a
    // failure.
    void setReading();
    void setFailed(const QString& why);
    void timesChanged();
    bool hasCosts() const { return m_costs.has_value(); }
    bool isWhole() const { return m_costs && m_failed.isEmpty() && m_costs->missing.empty(); }
    // Why nothing can be changed now; empty: it can.
    void setBlocked(const QString& reason);

signals:
    void changed(); // another threshold is in effect: the costs are to be read again

private:
    void build();
    QWidget* buildCurve();
    QWidget* buildFigures();
    void connectAll();
    void choose(std::int64_t threshold);
    void showCurve();
    void showFigures();
    void showMarks();
    void showBasis();
    void updateEnabled();
    void askAndSet(const backend::PushThreshold& threshold);
    bool confirmed(const backend::PushThreshold& threshold);
    QString reasonNot() const;
    int positionOf(std::int64_t threshold) const;
    std::int64_t thresholdAt(int position) const;

    EngineBridge& m_bridge;
    CurveChart* m_curve = nullptr;
    QSlider* m_slider = nullptr; // by the logarithm
    QSpinBox* m_threshold = nullptr;
    FigureGrid* m_figures = nullptr;
    Label* m_verdict = nullptr;
    Label* m_basis = nullptr;
    Label* m_outcome = nullptr;
    QPushButton* m_apply = nullptr;
    QPushButton* m_automatic = nullptr;
    std::optional<backend::FanoutCosts> m_costs;
    std::vector<FanoutCurvePoint> m_points;
    QString m_blocked;
    QString m_none;   // why there are no costs
    QString m_failed; // why the last reading brought nothing; empty: it did, or is under way
    bool m_asking = false;
    bool m_chosen = false; // a threshold, by somebody
};

} // namespace ui
