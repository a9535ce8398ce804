// The input of the layers: the six coordinates.

int encode(int pass, vec3 d, vec3 m) {
    if ({{.Share}} == 0) {
        six(d, m);
    }
    return INPUTS;
}
