// Fills one TimelineModel from the engine: pages on demand, delivery delays after them, and a refresh that is
// merged into what is there. Answers for a user who is no longer shown are dropped. Owned by its page; GUI
// thread only.
#pragma once

#include <QObject>

#include "backend/domain/error.h"
#include "backend/domain/feed.h"

#include <optional>
#include <vector>

namespace ui {

class EngineBridge;
class TimelineModel;

class TimelineLoader final : public QObject
{
    Q_OBJECT

public:
    enum class Kind { Home, Author };

    // Bridge and model outlive it.
    TimelineLoader(Kind kind, EngineBridge& bridge, TimelineModel& model, QObject* parent);

    void open(backend::UserId user);
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
    void changed(); // error() or refreshing()

private:
    void loadPage(std::optional<backend::PostId> before);
    void loadRefreshPage(std::optional<backend::PostId> before, backend::TimelinePage soFar, int pages);
    void takeRefreshPage(backend::TimelinePage soFar, backend::TimelinePage page, int pages);
    void loadDelays(const backend::TimelinePage& page);
    template <class Done>
    void askForPage(std::optional<backend::PostId> before, int limit, Done done);
    void setError(const QString& error);

    Kind m_kind;
    EngineBridge& m_bridge;
    TimelineModel& m_model;
    backend::UserId m_user;
    quint64 m_generation = 0; // grows with open and close: older answers are dropped
    bool m_refreshing = false;
    QString m_error;
};

} // namespace ui
