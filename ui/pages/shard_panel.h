// One logical shard in full: its nodes and their health, its volumes now and over the shared time window, its
// unfinished tasks, its hottest authors and readers. What one node does not tell costs only its part; what
// the others tell is shown while a node is waited for. Beside the Shards page's pictures, owned by it; GUI
// thread only.
#pragma once

#include "ui/pages/page.h"

#include "backend/domain/shard_details.h"
#include "backend/domain/shard_history.h"
#include "ui/models/shard_panel_tables.h"
#include "ui/pages/shard_window.h"

#include <chrono>
#include <optional>
#include <set>

class QScrollArea;
class QTableView;
class QToolButton;
class QVBoxLayout;

namespace ui {

class Card;
class Label;
class ShardFacts;
class TimeChart;

class ShardPanel final : public QWidget
{
    Q_OBJECT

public:
    ShardPanel(const PageContext& context, QWidget* parent);

    int shard() const { return m_shard; } // -1: none yet
    void showShard(int shard);
    // note: of when its figures are; empty: of now.
    void setShards(const ShownShards& shards, const QString& note);
    void refresh(); // asks again now
    void timesChanged();

    QSize sizeHint() const override { return {400, 560}; }

signals:
    void closed();
    void userChosen(const QString& handleOrId);

private:
    void build();
    QWidget* buildHead(QWidget* parent);
    void buildChart(QVBoxLayout& column, QWidget* parent);
    void buildTables(QVBoxLayout& column, QWidget* parent);
    QTableView* addTable(QVBoxLayout& column, QWidget* parent, const char* name, const QString& title,
                         QAbstractItemModel* model, Label*& note);
    void connectAll();
    void askDetails();
    void showDetails();
    void showProblem(const QString& problem);
    void showFacts();
    void askHistory();
    void showHistory();

    const PageContext m_context;
    int m_shard = -1;
    ShownShards m_shards; // the page's, so that one figure never is two
    QString m_note;
    std::optional<backend::ShardHistory> m_history; // of m_shard's size, as last read
    Label *m_title = nullptr, *m_asOf = nullptr;
    std::optional<backend::ShardDetails> m_details; // what is shown; empty: a problem, or nothing yet
    QToolButton* m_close = nullptr;
    QScrollArea* m_scroll = nullptr;
    ShardFacts* m_facts = nullptr;
    TimeChart* m_chart = nullptr;
    Label* m_chartNote = nullptr;
    ShardTaskModel* m_tasks = nullptr;
    HotAuthorModel* m_authors = nullptr;
    HotReaderModel* m_readers = nullptr;
    QTableView *m_taskTable = nullptr, *m_authorTable = nullptr, *m_readerTable = nullptr;
    Label *m_taskNote = nullptr, *m_authorNote = nullptr, *m_readerNote = nullptr;
    std::set<int> m_asked;       // shards whose details are on their way
    bool m_historyAsked = false; // on its way
    std::chrono::steady_clock::time_point m_detailsAt{}, m_historyAt{};
};

} // namespace ui
