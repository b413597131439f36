use gradus::*;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let program = syntax::parse(&text, &|n| elaborate::is_known(n)).unwrap();
    let mut model = elaborate::elaborate(&program).unwrap_or_else(|e| panic!("{e:?}"));
    for r in model.requests.clone() {
        if r.kind != syntax::ast::RequestKind::Gradient {
            continue;
        }
        let t = std::time::Instant::now();
        let wrt: Vec<_> = r.wrt.iter().map(|w| w.id).collect();
        let g = differentiate::gradients(&mut model.store, r.of, &wrt)
            .unwrap_or_else(|e| panic!("{e:?}"));
        let known = model.store.closure(&[r.of]);
        let g = simplify::simplify_families(&mut model.store, &g, &known);
        println!("{:?}", t.elapsed());
        let mut o = render::Options::default();
        o.known =
            known.iter().filter_map(|i| model.store.family(*i).map(|f| f.name.clone())).collect();
        let d = render::Document::new(&model.store, &g, &o);
        for (w, g) in r.wrt.iter().zip(&g) {
            let f = d.formula(*g, render::Notation::Unicode);
            println!("d/d{} = {}", w.name, f.text);
            for b in f.bindings {
                println!("     {} = {}", b.name, b.text);
            }
        }
        let f = d.formula(g[0], render::Notation::Latex);
        println!("{} {:?}", f.text, f.bindings);
    }
}
