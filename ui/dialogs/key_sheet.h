// All keys on one sheet. Modal to its window; GUI thread only.
#pragma once

#include <QDialog>

namespace ui {

class Theme;

class KeySheet final : public QDialog
{
    Q_OBJECT

public:
    // pages: titles in the order of their keys.
    KeySheet(const Theme& theme, const QStringList& pages, QWidget* parent);
};

} // namespace ui
