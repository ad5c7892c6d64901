// One page of the desktop: gets every snapshot while it is shown, and the newest when it is shown again. Owned by the
// main window's stack; GUI thread.
#pragma once

#include "backend/domain/snapshot.h"

#include <QString>
#include <QWidget>

#include <chrono>

namespace ui {

class EngineBridge;

class Page : public QWidget
{
    Q_OBJECT

public:
    Page(EngineBridge& bridge, QString pageId, QString title, QWidget* parent = nullptr);

    const QString& pageId() const { return m_pageId; }
    const QString& title() const { return m_title; }

    virtual void setSnapshot(const backend::SnapshotPtr& snapshot); // never null; nothing to do by default
    virtual void setWindow(std::chrono::seconds window);            // the visible time range
    virtual void setConnected(bool connected, bool stale, const QString& why);
    virtual void focusFind();                                       // Ctrl-F
    virtual void openArgument(const QString& argument);             // what another page points to

signals:
    void openPage(const QString& pageId, const QString& argument);

protected:
    EngineBridge& m_bridge;

private:
    QString m_pageId, m_title;
};

} // namespace ui
