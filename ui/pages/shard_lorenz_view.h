// How unevenly one metric lies on the logical shards: its Lorenz curve beside the band of chance, the Gini
// coefficient, and in words which of both it is. A picture of the Shards page; GUI thread only.
#pragma once

#include "ui/pages/page.h"

#include "backend/domain/balance.h"
#include "backend/domain/lorenz.h"
#include "ui/widgets/card.h"

#include <utility>

namespace ui {

class Label;
class LorenzChart;
struct ShownShards;

class ShardLorenzView final : public Card
{
    Q_OBJECT

public:
    ShardLorenzView(const PageContext& context, QWidget* parent);

    void setMetric(backend::BalanceMetric metric);
    void show(const ShownShards& shards);
    using QWidget::show;

private:
    void build();
    QWidget* buildFigures();
    void askChance(int bins, double variation);
    void showGini();

    const PageContext m_context;
    backend::BalanceMetric m_metric = backend::BalanceMetric::Deliveries;
    LorenzChart* m_chart = nullptr;
    Label *m_giniValue = nullptr, *m_giniChance = nullptr, *m_giniVerdict = nullptr;
    double m_gini; // NaN: not known
    backend::ChanceLorenz m_chance;
    std::pair<int, long> m_chanceKey{}; // what m_chance is of; bins 0: nothing
    bool m_chanceAsked = false;         // on its way
};

} // namespace ui
