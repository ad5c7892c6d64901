// What a page shows: its content, or the reason why there is none (opening, disconnected, failed, nothing
// known yet). Fills its page; GUI thread only.
#pragma once

#include <QStackedLayout>

#include "ui/pages/page.h"

namespace ui {

class StateView;

class PageFace final : public QStackedLayout
{
    Q_OBJECT

public:
    PageFace(const PageContext& context, QWidget* page, QWidget* content);

    // Chooses the face; true when the content is shown, which then may count on a snapshot.
    bool show(const backend::SnapshotPtr& snapshot);

private:
    const PageContext m_context;
    StateView* m_state = nullptr;
    QWidget* m_content = nullptr;
};

} // namespace ui
