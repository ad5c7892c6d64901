// One timeline with its title, its states and its list: loading, empty, partial, error with a way to try
// again, and the very end. Keeps selection and place when it is refreshed. Owned by its page; GUI thread
// only.
#pragma once

#include <QPersistentModelIndex>
#include <QWidget>

#include "ui/pages/timeline_loader.h"

#include <optional>

class QListView;
class QPushButton;

namespace ui {

class Label;
class StateView;
class Theme;
class TimelineModel;

class TimelinePane final : public QWidget
{
    Q_OBJECT

public:
    // name: prefix of the object names, "home" or "author".
    TimelinePane(TimelineLoader::Kind kind, const QString& name, const Theme& theme, EngineBridge& bridge,
                 QWidget* parent);

    void open(backend::UserId user);
    void close();
    void refresh();
    void timesChanged();
    std::optional<backend::TimelineEntry> selected() const;
    void clearSelection();
    void selectNewest(); // as soon as there is one
    // From that time down; what is newer can be loaded on top.
    void goToTime(backend::TimePoint time);
    void goToNewest();
    // Opens the list at the post and selects it when it is there: see select() and postMissing().
    void goToPost(backend::PostId post);
    // Shown as a part of the past: from this time down. Empty: from the newest.
    std::optional<backend::TimePoint> shownFrom() const { return m_from; }

signals:
    void postSelected(); // or none: see selected()
    void authorActivated(qint64 author);
    void postMissing(qint64 post); // goToPost(): it is not in this timeline
    void postLeft(qint64 post);    // was selected; another part of the timeline is shown now
    void explainWanted(qint64 post);

private:
    void build(const QString& name, const Theme& theme);
    void buildView(const QString& name, const Theme& theme);
    QWidget* buildPast(const QString& name, const Theme& theme);
    void connectView();
    void showMenu(const QPoint& at);
    void goTo(std::optional<backend::TimePoint> from, std::optional<backend::PostId> before);
    void selectWanted();
    QString pastText() const;
    void connectAll();
    void updateState();
    void rememberPlace(bool alsoAtTop);
    void restorePlace();
    bool showFace();
    QString footText() const;

    TimelineLoader::Kind m_kind;
    TimelineModel* m_model = nullptr;
    TimelineLoader* m_loader = nullptr;
    QListView* m_view = nullptr;
    StateView* m_face = nullptr; // in place of the list while there is none
    Label* m_state = nullptr;
    QPushButton* m_retry = nullptr;
    QWidget* m_past = nullptr; // while a part of the past is shown
    Label* m_pastText = nullptr;
    QPushButton* m_newer = nullptr;
    QPushButton* m_toNewest = nullptr;
    bool m_newestWanted = false;
    std::optional<backend::PostId> m_postWanted;
    std::optional<backend::TimePoint> m_from;
    QPersistentModelIndex m_topEntry; // while a refresh is merged
    int m_topDistance = 0;
};

} // namespace ui
