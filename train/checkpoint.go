package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"strings"
	"time"

	"lfnview/lfn"
)

// Checkpoint is the state of a run, and the file that holds it.
type Checkpoint struct {
	Kind    string       // of what is trained, such as "model"
	Key     string       // of the file's metadata, under which there is what is no tensor
	Version int          // of that
	Options any          // a struct; its Steps, Time, and what JSON leaves out, may be others when a run goes on
	Data    string       // tells data sets apart
	Rounds  *Rounds      // of which Step, Elapsed and Loss are state
	Tensors []lfn.Tensor // all that changes in a run

	// Of a run whose tensors become others, once: what that was by, nil before, and what makes them those for it.
	Grown []uint64
	Grow  func(by []uint64) ([]lfn.Tensor, error)
}

// state is what a checkpoint holds beside tensors.
type state struct {
	Version int           `json:"version"`
	Options any           `json:"options"`
	Data    string        `json:"data"`
	Step    int           `json:"step"`
	Elapsed time.Duration `json:"elapsed"`
	Loss    float64       `json:"loss"`
	Grown   []uint64      `json:"grown,omitempty"`
}

// Save writes the file at path by way of [lfn.WriteFile].
func (c *Checkpoint) Save(path string) error {
	text, err := json.Marshal(state{c.Version, c.Options, c.Data, c.Rounds.Step, c.Rounds.Elapsed, c.Rounds.Loss, c.Grown})
	if err != nil {
		return err
	}
	return lfn.WriteFile(path, func(w io.Writer) error {
		return lfn.WriteTensors(w, map[string]string{c.Key: string(text)}, c.Tensors)
	})
}

// Open fills Rounds and Tensors with what is in the file at path, which has to be of the same data and options.
func (c *Checkpoint) Open(path string) error {
	err := lfn.ReadTensors(path, func(metadata map[string]string) ([]lfn.Tensor, error) {
		text, ok := metadata[c.Key]
		if !ok {
			return nil, fmt.Errorf("is not a checkpoint of a %s", c.Kind)
		}
		if err := c.parse(text); err != nil {
			return nil, err
		}
		if c.Grown == nil {
			return c.Tensors, nil
		}
		return c.Grow(c.Grown)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("there is no checkpoint: the run has ended, or never began; train anew")
	}
	if _, bad := errors.AsType[*lfn.FormatError](err); bad { // cut off, or with tensors of another version's
		return fmt.Errorf("%w: %s", err, asBefore)
	}
	return err
}

// asBefore is what to do with a checkpoint of another version of the program.
const asBefore = "train with the program that began, or anew"

// parse checks what is no tensor, and fills Rounds.
func (c *Checkpoint) parse(text string) error {
	before := reflect.New(reflect.TypeOf(c.Options))
	s := state{Options: before.Interface()}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return fmt.Errorf("%s: %w", c.Key, err)
	}
	if s.Version != c.Version {
		return fmt.Errorf("has version %d, want %d: %s", s.Version, c.Version, asBefore)
	}
	if s.Step < 1 || s.Elapsed < 0 || s.Loss < 0 {
		return fmt.Errorf("has step %d, time %v, loss %v: train anew", s.Step, s.Elapsed, s.Loss)
	}
	if s.Data != c.Data {
		return errors.New("the data set, or the size at which it is read, is not that of the run before: take the same, or train anew")
	}
	if err := sameOptions(before.Elem(), reflect.ValueOf(c.Options)); err != nil {
		return err
	}
	if s.Grown != nil && c.Grow == nil {
		return errors.New("has grown grids, which a " + c.Kind + " has not: train anew")
	}
	c.Rounds.Step, c.Rounds.Elapsed, c.Rounds.Loss, c.Grown = s.Step, s.Elapsed, s.Loss, s.Grown
	return nil
}

// sameOptions says which option differs between the run before and now; its length may.
func sameOptions(before, now reflect.Value) error {
	for i := range before.NumField() {
		f := before.Type().Field(i)
		if f.Name == "Steps" || f.Name == "Time" || f.Tag.Get("json") == "-" {
			continue
		}
		if x, y := before.Field(i).Interface(), now.Field(i).Interface(); !reflect.DeepEqual(x, y) {
			todo := "leave it as it was, or train anew"
			if f.Name == "Config" { // that of a preset which is the same, and comes first
				todo = asBefore
			}
			return fmt.Errorf("%s was %v in the run before and is %v now: %s", strings.ToLower(f.Name), x, y, todo)
		}
	}
	return nil
}
