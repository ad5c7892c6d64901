// Two windows of time beside each other: B is the shared window, A the same length before it or a window that
// was pinned. Their balance with the difference, and every shard's change. A picture of the Shards page; GUI
// thread only.
#pragma once

#include "ui/pages/page.h"

#include "ui/models/shard_comparison.h"

#include <array>
#include <chrono>
#include <optional>
#include <utility>

class QPushButton;
class QTableView;

namespace ui {

class Card;
class Label;
class Segments;
class SortProxy;

class ShardComparisonView final : public QWidget
{
    Q_OBJECT

public:
    ShardComparisonView(const PageContext& context, QWidget* parent);

    void setMetric(backend::BalanceMetric metric);
    void setCurrent(int shard);
    void timesChanged();
    void refresh(); // asks the engine, unless an answer is on its way

signals:
    void shardActivated(int shard); // click or Enter

private:
    struct Window
    {
        backend::TimePoint begin, end;
        bool operator==(const Window&) const = default;
    };
    struct Shown // of the two windows that are compared
    {
        Window a, b;
        int knownA, columnsA, knownB, columnsB; // steps
    };
    using Histories = std::pair<backend::ShardHistory, backend::ShardHistory>;

    void build();
    QWidget* buildBalance(QWidget* parent);
    QWidget* buildTable(QWidget* parent);
    void connectAll();
    Window windowB() const;
    Window windowA() const;
    void pin();
    void show(const Histories& histories, Window a, Window b);
    void showWindows();
    void showBalance(const ShardMeans& a, const ShardMeans& b);
    void showProblem(const QString& problem);

    const PageContext m_context;
    backend::BalanceMetric m_metric = backend::BalanceMetric::Deliveries;
    Segments* m_choice = nullptr;
    QPushButton* m_pin = nullptr;
    Label *m_aText = nullptr, *m_bText = nullptr, *m_problem = nullptr;
    std::array<std::array<Label*, 3>, 4> m_figures{}; // mean, max/mean, variation, Gini: A, B, difference
    Card* m_tableCard = nullptr;
    ShardComparisonModel* m_model = nullptr;
    SortProxy* m_sorted = nullptr;
    QTableView* m_table = nullptr;
    std::optional<Window> m_pinned;
    std::optional<Shown> m_shown;
    bool m_asked = false;
};

} // namespace ui
