// All keys on one sheet. Modal to its window; GUI thread only.
#pragma once

#include <QDialog>

namespace ui {

class Theme;

class KeySheet final : public QDialog
{
    Q_OBJECT

public:
    KeySheet(const Theme& theme, QWidget* parent);
};

} // namespace ui
