// One searchable list of what happened in the cluster: nodes lost and back, engines, workers, settings,
// operators' actions, restores. It follows the shared time range, or shows all times; filters work in the
// engine. Owned by the window; GUI thread only.
#pragma once

#include "ui/bridge/engine_call.h"
#include "ui/bridge/time_range.h"
#include "ui/models/event_model.h"
#include "ui/pages/page.h"
#include "ui/widgets/event_style.h"

#include <QTimer>

#include <map>
#include <optional>

class QLineEdit;
class QStackedWidget;
class QTableView;
class QToolButton;

namespace ui {

class Label;
class PageFace;
class StateView;

class EventsPage final : public Page
{
    Q_OBJECT

public:
    EventsPage(const PageContext& context, QWidget* parent);

    void setSnapshot(const backend::SnapshotPtr& snapshot) override;
    void activated() override;
    void refresh() override;
    void timesChanged() override;
    bool focusFind() override;
    void openArgument(const QString& argument) override; // what to search for, at all times
    QString linkArgument() const override;
    void saveState(QSettings& settings) const override;
    void restoreState(QSettings& settings) override;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    // What decides which events are listed. The window of now only by its length: its ends move by
    // themselves.
    struct Wanted
    {
        std::string text;
        std::vector<backend::EventKind> kinds;
        std::optional<TimeRange::Span> span;
        std::optional<backend::TimePoint> begin, end;
        bool operator==(const Wanted&) const = default;
    };

    QWidget* build();
    QWidget* buildFilters(QWidget* parent);
    void buildTable(QWidget* parent);
    void connectAll();
    backend::EventQuery query() const;
    Wanted wanted() const;
    void restart();
    void followChoice();
    void followRange();
    void readPage(std::optional<backend::EventKey> before);
    void readNewest();
    void take(std::optional<backend::EventKey> before, backend::EventPage page);
    void fitWidths();
    QString stillWrong(bool all) const;
    void showState();
    void showWhole();
    void chooseAround(const QModelIndex& index);
    QIcon iconOf(const backend::Event& event);

    PageFace* m_face = nullptr;
    EventModel* m_model = nullptr;
    QLineEdit* m_search = nullptr;
    std::map<EventGroup, QToolButton*> m_groups;
    QToolButton* m_allTimes = nullptr;
    Label* m_summary = nullptr;
    Label* m_missing = nullptr;
    Label* m_whole = nullptr;          // the chosen event's text
    QStackedWidget* m_stack = nullptr; // the table, or why there is none
    QTableView* m_table = nullptr;
    StateView* m_state = nullptr;
    QTimer m_soon;            // until what is being typed or dragged is asked for
    Wanted m_wanted;          // what was asked for last
    EngineCall m_call;        // the page that is waited for
    quint64 m_generation = 0; // of the filter
    bool m_reading = false;   // news
    bool m_fitted = false;
    bool m_ofChoice = false, m_allBefore = true; // a part of the past is chosen; all times, before it was
    QString m_error;
    std::map<std::pair<backend::EventKind, Tone>, QIcon> m_icons;
};

} // namespace ui
