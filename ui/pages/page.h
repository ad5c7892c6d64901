// Base of all pages: what the window tells them and what they ask of it. Made by the window when first shown,
// owned by its stack; GUI thread only.
#pragma once

#include <QWidget>

#include "backend/domain/snapshot.h"

class QSettings;

namespace ui {

class EngineBridge;
class Theme;
class TimeRange;

// What every page is built with; all of it outlives the pages.
struct PageContext
{
    Theme& theme;
    EngineBridge& bridge;
    TimeRange& range;
};

class Page : public QWidget
{
    Q_OBJECT

public:
    // id: stable name in settings and links ("shards"); also the object name, with "Page" after it.
    Page(const QString& id, const QString& title, const PageContext& context, QWidget* parent);

    const QString& pageId() const { return m_id; }
    const QString& title() const { return m_title; }

    // The newest snapshot, once a second while this page is shown, and once when it is shown. May be null: no
    // session or nothing known yet.
    virtual void setSnapshot(const backend::SnapshotPtr& snapshot) = 0;

    virtual void activated() {}   // became the shown page
    virtual void deactivated() {} // another one did
    // Opened through a link: "redis-3", "shard 17"; the page that is asked defines it.
    virtual void openArgument(const QString& argument);
    // What is shown, as an argument that openArgument() shows again; empty: just the page.
    virtual QString linkArgument() const { return {}; }
    // For pictures: a page that waits for a choice makes a typical one.
    virtual void showExample() {}
    // UTC or local time is another one: what shows times shows them anew, from what is held; nothing is asked
    // for it. All that is painted is painted again; texts are the page's matter.
    virtual void timesChanged();
    // F5, besides a fresh snapshot.
    virtual void refresh() {}
    // Ctrl-F; false when there is nothing to find here.
    virtual bool focusFind() { return false; }
    // Splitters and columns, in a group of this page.
    virtual void saveState(QSettings& settings) const;
    virtual void restoreState(QSettings& settings);

signals:
    void openPage(const QString& id, const QString& argument);

protected:
    const PageContext& context() const { return m_context; }

private:
    PageContext m_context;
    QString m_id, m_title;
};

} // namespace ui
