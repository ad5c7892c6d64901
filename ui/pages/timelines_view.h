// A user's home timeline and author timeline side by side, and for a selected post its delivery and the trail
// that explains it. Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "backend/domain/feed.h"

#include <optional>

class QSettings;
class QSplitter;
class QTabWidget;

namespace ui {

class EngineBridge;
class ExplainView;
class LedgerView;
class Theme;
class TimelinePane;

class TimelinesView final : public QWidget
{
    Q_OBJECT

public:
    TimelinesView(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    // asReader: whose home timeline the posts of the author are explained for; empty: the user's own.
    void open(const backend::User& user, const QString& asReader);
    void close();
    void refresh();
    void timesChanged();
    bool cancel(); // what is waited for; false: nothing

    void goToTime(backend::TimePoint time);
    void goToNewest();
    // Selects the post in the home timeline, else in the author's; explains it where it is in neither.
    void showPost(backend::PostId post);
    void explain(backend::PostId post, const QString& reader);
    void selectNewest();

    // "post/123", "explain/123", "at/<Unix seconds>", or empty: see TimelinePage::openArgument.
    QString linkPart() const;

    void saveState(QSettings& settings) const;
    void restoreState(QSettings& settings);

signals:
    void authorActivated(qint64 author);
    void said(const QString& text);

private:
    QWidget* buildDetails(QWidget* parent);
    void connectAll();
    void postSelected(TimelinePane* pane, TimelinePane* other);
    void leavePost(qint64 post);

    const Theme& m_theme;
    EngineBridge& m_bridge;
    QString m_handle, m_asReader;
    QSplitter* m_splitter = nullptr;
    TimelinePane* m_home = nullptr;
    TimelinePane* m_author = nullptr;
    QTabWidget* m_details = nullptr;
    LedgerView* m_ledger = nullptr;
    ExplainView* m_explain = nullptr;
};

} // namespace ui
