// What a page shows: its content, or the reason why there is none (opening, disconnected, failed, nothing
// known yet). Content that the window has no height for scrolls. Fills its page; GUI thread only.
#pragma once

#include <QStackedLayout>

#include "ui/pages/page.h"

namespace ui {

class StateView;

class PageFace final : public QStackedLayout
{
    Q_OBJECT

public:
    // leastHeight: of the content, in pixels; below it parts would be too small to be read.
    PageFace(const PageContext& context, QWidget* page, QWidget* content, int leastHeight = 500);

    // Chooses the face; true when the content is shown, which then may count on a snapshot.
    bool show(const backend::SnapshotPtr& snapshot);

private:
    const PageContext m_context;
    StateView* m_state = nullptr;
    QWidget* m_content = nullptr; // what scrolls it
};

} // namespace ui
