// Areas in proportion to sizes: the squarified treemap of Bruls, Huizing and van Wijk (2000). Pure function;
// any thread.
#pragma once

#include <QRectF>

#include <vector>

namespace ui {

// One rectangle for each size, in its order, that together cover `area` without overlap, each with its part
// of it. Sizes in descending order give the squarest ones. A size that is 0, negative or NaN gets none
// (null).
std::vector<QRectF> squarify(const std::vector<double>& sizes, const QRectF& area);

} // namespace ui
