// What another cap of home timelines would cost: a slider, figures between weighed caps while it moves (and
// said so), and timelines weighed for exactly that cap once it rests. Owned by the Capacity page; GUI thread
// only.
#pragma once

#include "ui/widgets/card.h"

#include "backend/domain/capacity.h"
#include "ui/bridge/engine_call.h"

#include <QTimer>

#include <map>
#include <optional>

class QSlider;
class QSpinBox;

namespace ui {

class EngineBridge;
class FigureGrid;

// Weighings walk over all keys: whoever wants one waits for this turn.
inline constexpr const char* kWeighing = "weighing";

class CapPricer final : public Card
{
    Q_OBJECT

public:
    CapPricer(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    // Caps to ask for with a look at the whole, so that the slider has something to go between.
    static std::vector<int> capsToAskFor(int presentCap);
    // A new look at the whole: earlier prices are of another moment and are forgotten.
    void setCapacity(const backend::Capacity& capacity);
    void clear(const QString& reason);
    bool weighing() const { return m_weighing; }
    void giveUp(); // whoever waits for a weighing does so no longer

    // The figures for a cap from priced ones around it; empty outside them. Pure.
    static std::optional<backend::CapPrice> between(const std::map<int, backend::CapPrice>& prices, int cap);

signals:
    // A look for one more cap is a look at the whole, too: all figures are to be of the same moment.
    void weighedAnew(const backend::Capacity& capacity);

private:
    void build();
    void connectAll();
    void choose(int cap);
    void weigh();
    void weighed(int cap, const backend::Capacity& capacity);
    void takePrices(const backend::Capacity& capacity);
    void showFigures();
    void showPrice(const backend::CapPrice& price);
    QString basisText(const backend::CapPrice& price) const;

    EngineBridge& m_bridge;
    QSlider* m_slider = nullptr;
    QSpinBox* m_cap = nullptr;
    FigureGrid* m_figures = nullptr;
    Label* m_basis = nullptr;
    QTimer m_rest;
    std::optional<backend::Capacity> m_capacity;
    std::map<int, backend::CapPrice> m_prices; // by cap, as measured
    QString m_reason, m_error;                 // why there is nothing; why the last weighing failed
    bool m_weighing = false;
    EngineCall m_call; // the weighing that is waited for
};

} // namespace ui
