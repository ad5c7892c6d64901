// Fills one TimelineModel from the engine: pages on demand, upwards from a part of the past, delivery delays
// after them, and a refresh that is merged into what is there. Answers for a user who is no longer shown are
// dropped. Owned by its page; GUI thread only.
#pragma once

#include <QObject>

#include "ui/bridge/requests.h"

#include <memory>
#include <optional>
#include <vector>

namespace ui {

class EngineBridge;
class TimelineModel;

// The smallest id that a post of that time can have: ids carry the time.
backend::PostId firstIdAt(backend::TimePoint time);

class TimelineLoader final : public QObject
{
    Q_OBJECT

public:
    enum class Kind { Home, Author };

    // Bridge and model outlive it.
    TimelineLoader(Kind kind, EngineBridge& bridge, TimelineModel& model, QObject* parent);

    void open(backend::UserId user);
    // The newest entries below `before`, of the same user; empty: the newest of all.
    void goTo(std::optional<backend::PostId> before);
    // What follows upwards on the first entry here, without a gap. One at a time; nothing to do at the top.
    void loadNewer();
    bool loadingNewer() const { return m_loadingNewer; }
    // Nothing is as old as what goTo() asked for: the oldest entries are shown, if any.
    bool beforeOldest() const { return m_beforeOldest; }
    void close();
    // Reads anew from the newest entry down until it meets what is here. One at a time.
    void refresh();
    bool refreshing() const { return m_refreshing; }

    // Why the last page or refresh failed; empty when it did not.
    const QString& error() const { return m_error; }

signals:
    // Before and after the rows of a refresh change, for a view that keeps its place.
    void aboutToMerge();
    void merged();
    void aboutToPrepend(); // merged() follows
    void changed();        // error(), refreshing(), loadingNewer() or beforeOldest()

private:
    void loadPage(std::optional<backend::PostId> before);
    void loadRefreshPage(std::optional<backend::PostId> before, backend::TimelinePage soFar, int pages);
    void takeRefreshPage(backend::TimelinePage soFar, backend::TimelinePage page, int pages);
    struct Stretch // of time, upwards
    {
        backend::PostId above;
        backend::Milliseconds span{};
        bool shrunk = false; // a longer one held more than a page
        backend::PostId end() const { return firstIdAt(above.time() + span + backend::Milliseconds(1)); }
    };
    void askNewer(Stretch stretch);
    void takeNewer(Stretch stretch, bool top, backend::Result<backend::TimelinePage> page);
    void failNewer(const QString& error);
    void loadDelays(const backend::TimelinePage& page);
    template <class Done>
    void askForPage(const backend::PageQuery& query, Done done);
    void setError(const QString& error);

    Kind m_kind;
    EngineBridge& m_bridge;
    TimelineModel& m_model;
    backend::UserId m_user;
    std::unique_ptr<QObject> m_asker; // of all calls; another one with open and close: older ones are dropped
    std::optional<backend::PostId> m_from; // what goTo() asked for
    bool m_refreshing = false;
    bool m_loadingNewer = false, m_beforeOldest = false;
    QString m_error;
};

} // namespace ui
