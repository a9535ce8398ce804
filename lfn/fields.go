package lfn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// parseFields reads the JSON of a file: one object, whose keys are those of fields, whose values go to where these point, and
// others, which are returned. Only optional keys may be missing. What is under "network" or "hyper" may not have unknown keys:
// what a reader does not know of a network, it cannot evaluate. newest is the last version that is known, under "version".
func parseFields(text string, newest int, fields map[string]any, optional ...string) (unknown map[string]json.RawMessage, err error) {
	entries, err := parseObject([]byte(text))
	if err != nil {
		return nil, err
	}
	var version int
	if err := json.Unmarshal(entries["version"], &version); err != nil || version < 1 {
		return nil, fmt.Errorf("version is missing or not a number, want %d", newest)
	}
	if version > newest {
		return nil, fmt.Errorf("version is %d, made by a newer lfnview: this one reads up to %d", version, newest)
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		value, ok := entries[key]
		if !ok && !slices.Contains(optional, key) {
			return nil, fmt.Errorf("%s is missing", key)
		}
		delete(entries, key)
		if !ok {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(value))
		if key == "network" || key == "hyper" {
			d.DisallowUnknownFields()
		}
		if err := d.Decode(fields[key]); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return entries, nil
}

// marshalFields returns the JSON of fields, and of keys that were unknown when they were read, sorted.
func marshalFields(fields map[string]any, unknown map[string]json.RawMessage) (string, error) {
	for key, value := range unknown {
		fields[key] = value
	}
	text, err := json.Marshal(fields)
	return string(text), err
}
