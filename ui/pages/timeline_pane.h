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
    std::optional<backend::TimelineEntry> selected() const;
    void clearSelection();
    void selectNewest(); // as soon as there is one

signals:
    void postSelected(); // or none: see selected()
    void authorActivated(qint64 author);

private:
    void build(const QString& name, const Theme& theme);
    void buildView(const QString& name, const Theme& theme);
    void connectAll();
    void updateState();
    void rememberPlace();
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
    bool m_newestWanted = false;
    QPersistentModelIndex m_topEntry; // while a refresh is merged
    int m_topDistance = 0;
};

} // namespace ui
