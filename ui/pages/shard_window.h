// The logical shards as a page shows them: with their rates over the last seconds or, while a part of the
// past is chosen, with their means over that part, which it asks of the engine while the page is seen. Child
// of its page; GUI thread only.
#pragma once

#include "ui/pages/page.h"

#include "ui/models/window_figures.h"

#include <optional>

namespace ui {

struct ShownShards
{
    backend::SnapshotPtr snapshot; // with means in its shards
    double seconds = 1;            // that rates are means of
    bool ofWindow = false;
    QString note; // where they are not, or not wholly, of the chosen part; empty: nothing to say
};

class ShardWindow final : public QObject
{
    Q_OBJECT

public:
    ShardWindow(const PageContext& context, QWidget* page);

    ShownShards shown(const backend::SnapshotPtr& newest);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

signals:
    void changed(); // what is shown is something else now

private:
    struct Window
    {
        backend::TimePoint begin, end;
        bool operator==(const Window&) const = default;
    };
    Window chosen() const;
    void follow();
    void ask();

    const PageContext m_context;
    QWidget* m_page;
    std::optional<WindowShards> m_shards; // of m_of; none: not read, or it failed
    std::optional<Window> m_of;
    QString m_problem;
    bool m_asked = false; // on its way
};

} // namespace ui
