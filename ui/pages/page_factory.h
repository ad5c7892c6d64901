// The pages of the window, in the order of the rail. A new page is one line in page_factory.cpp. GUI thread
// only.
#pragma once

#include "ui/pages/page.h"

#include <functional>
#include <vector>

namespace ui {

struct PageEntry
{
    QString id;
    QString title;
    QString icon; // resources/icons/NAME.svg
    std::function<Page*(const PageContext&, QWidget*)> make;
};

std::vector<PageEntry> pageEntries();

} // namespace ui
