// The first tab of Queue & workers: arrival against drain, tasks by kind with their trends, and how long each
// kind waits and runs. Owned by its page; GUI thread only.
#pragma once

#include <QWidget> // first: Qt 6.4's moc stumbles over <concepts> otherwise

#include "ui/bridge/history_view.h"
#include "ui/models/queue_tables.h"
#include "ui/pages/page.h"

#include <span>

class QSplitter;
class QTableView;

namespace ui {

class Card;
class Label;
class SparklineDelegate;
class TimeChart;

class QueueFlowView final : public QWidget
{
    Q_OBJECT

public:
    QueueFlowView(const PageContext& context, QWidget* parent);

    void setSnapshot(const backend::ClusterSnapshot& snapshot, const HistoryView& history);
    void setHistory(const HistoryView& history);
    void setTrends(const backend::QueueHistory& history);
    void setTimes(const backend::QueueDetails& details);
    // Why trends and times are those of before; empty: they are not.
    void setProblem(const QString& problem);

    void timesChanged();
    void saveState(QSettings& settings) const;
    void restoreState(QSettings& settings);

private:
    QWidget* buildRates(QWidget* parent);
    QWidget* buildKinds(QWidget* parent);
    QWidget* buildTimes(QWidget* parent);
    void placeUpper();
    void showKinds();

    const PageContext m_context;
    TimeChart* m_rates = nullptr;
    QueueKindModel* m_kinds = nullptr;
    QTableView* m_kindTable = nullptr;
    SparklineDelegate* m_trends = nullptr;
    Card* m_kindCard = nullptr;
    Card* m_timesCard = nullptr;
    QueueTimesModel* m_times = nullptr;
    QTableView* m_timesTable = nullptr;
    Label* m_timesNote = nullptr;
    QSplitter* m_splitter = nullptr;
    QSplitter* m_upper = nullptr;
    std::vector<backend::QueueKindSnapshot> m_newestKinds;
    QString m_missing;               // whose tasks are not among them; empty: everybody's are
    QString m_ratesDated;            // why their rates are not of now; empty: they are
    backend::TimePoint m_newestAt;   // when those were taken
    backend::QueueHistory m_history; // the last that was read
    QString m_problem;               // why it is that of before
    bool m_upperChosen = false;      // its parts, by somebody
};

} // namespace ui
