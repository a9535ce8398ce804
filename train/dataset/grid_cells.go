package dataset

import (
	"fmt"
	"math"
	"os"
	"path"
	"slices"
	"strings"
)

// A cell is an image and where its name puts it in a grid.
type cell struct {
	name     string // of the file
	row, col int

	// v and u are the camera's place from the name: the number that goes with rows, and that which goes with columns.
	placed bool
	v, u   float64
}

// cells are those of a grid, in the order of the names of their files.
type cells struct {
	all        []cell
	rows, cols int
	row0, col0 int // what the names call the first, where that is not 0
	warnings   []string
}

// findCells returns the images among the names of a folder that parse understands, which gets a name without its
// extension. what is a pattern of the names, for messages.
func findCells(names []string, what string, parse func(stem string) (cell, bool)) (*cells, error) {
	g := &cells{}
	byPlace := map[[2]int]string{}
	other, firstOther := 0, ""
	for _, n := range names {
		ext := path.Ext(n)
		if n[0] == '.' || !slices.Contains(extensions, strings.ToLower(ext)) {
			continue
		}
		c, ok := parse(strings.TrimSuffix(n, ext))
		if !ok {
			if other == 0 {
				firstOther = n
			}
			other++
			continue
		}
		c.name = n
		place := [2]int{c.row, c.col}
		if first, ok := byPlace[place]; ok {
			return nil, &FormatError{n, "", fmt.Sprintf("has row %d, column %d of the grid, and so has %s: take one of them out", c.row, c.col, first)}
		}
		byPlace[place] = n
		g.rows, g.cols = max(g.rows, c.row+1), max(g.cols, c.col+1)
		g.all = append(g.all, c)
	}
	if len(g.all) == 0 {
		return nil, fmt.Errorf("no image has a name like %s", what)
	}
	if other > 0 {
		g.warnings = append(g.warnings, fmt.Sprintf("%d of %d images have no name like %s, such as %s: they are left out", other, other+len(g.all), what, firstOther))
	}
	return g, nil
}

// trim makes the first row and column that there are the first of the grid.
func (g *cells) trim() {
	g.row0, g.col0 = g.rows, g.cols
	for _, c := range g.all {
		g.row0, g.col0 = min(g.row0, c.row), min(g.col0, c.col)
	}
	g.rows -= g.row0
	g.cols -= g.col0
	for i := range g.all {
		g.all[i].row -= g.row0
		g.all[i].col -= g.col0
	}
}

// warnMissing counts the cells without an image.
func (g *cells) warnMissing() {
	if len(g.all) == g.rows*g.cols {
		return
	}
	there := make(map[int]bool, len(g.all))
	for _, c := range g.all {
		there[c.row*g.cols+c.col] = true
	}
	i := 0
	for there[i] {
		i++
	}
	g.warnings = append(g.warnings, fmt.Sprintf("%d of the %d×%d images of the grid are missing, such as that of row %d, column %d: their views are skipped",
		g.rows*g.cols-len(g.all), g.cols, g.rows, g.row0+i/g.cols, g.col0+i%g.cols))
}

// middle returns the index of the cell in the middle of the grid, or of the nearest to it that is there.
func (g *cells) middle() int {
	best, dist := 0, math.Inf(1)
	for i, c := range g.all {
		if d := math.Hypot(float64(2*c.row-g.rows+1), float64(2*c.col-g.cols+1)); d < dist {
			best, dist = i, d
		}
	}
	return best
}

// find returns the index of the cell at (row, col), or −1.
func (g *cells) find(row, col int) int {
	return slices.IndexFunc(g.all, func(c cell) bool { return c.row == row && c.col == col })
}

// namesIn returns the sorted names in the folder.
func namesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, reason(err)
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// digits reads a whole number of at most four digits.
func digits(s string) (n int, ok bool) {
	if len(s) == 0 || len(s) > 4 {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, n < maxGridSide
}
