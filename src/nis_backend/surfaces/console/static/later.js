import{Aa as ye,Ba as we,Ca as G,D as Q,Da as E,E as v,Ea as S,Ga as B,Ha as U,J as me,K as pe,O as M,P as he,V as I,X as p,Y as ge,a as s,c as i,d as le,da as h,e as ce,f as de,g as f,h as b,ha as R,ia as q,ka as P,m as u,n as k,oa as fe,p as ue,qa as be,r as V,ta as g,ua as _,va as F,xa as $e,ya as ve,za as z}from"./chunk.js";var Ke=3,C=new EventTarget,y=[],H=a=>y.filter(r=>r.collection===a);function ke(a,r){Y(a.map(e=>X(e.name,e,r,null)))}var xe=({name:a,blob_id:r},e)=>Y([X(a,r,e,null)]);function Te(a,r,e){y.some(t=>t.log.runId===e)||Y([X(a,null,r,e)])}async function Re(a){if(a.state==="under way"&&a.log.runId)return void await q(a.log.runId,"cancel").catch(()=>{});a.stop.abort(),J([a])}function J(a){a.length&&(y=y.filter(r=>!a.includes(r)),K("change"))}var X=(a,r,e,t)=>({name:a,file:r,collection:e,log:new ge(t),state:"waiting",problem:null,stop:new AbortController}),K=a=>{C.dispatchEvent(new Event(a))};function Y(a){y=[...y,...a],K("change"),Pe()}function Pe(){let a=y.filter(r=>r.state==="under way").length;for(let r of y.filter(({state:e})=>e==="waiting").slice(0,Math.max(0,Ke-a)))De(r)}async function De(a){a.state="under way";let r={changed:()=>K("change"),waiting:I,signal:a.stop.signal};try{let{file:e,name:t,collection:n}=a;e?await M("/documents/add-document",e instanceof File?Le(e,n):{document:e,name:t,collection:n},a.log,r):await he(a.log,r),a.problem=a.log.problem}catch(e){a.stop.signal.aborted||(a.problem=p(e))}a.state="ended",K("change"),K("end"),Pe()}function Le(a,r){let e=new FormData;return e.append("document",a),e.append("name",a.name.slice(-Me)),e.append("collection",r),e}var Me=200;addEventListener("beforeunload",a=>{y.some(r=>r.file instanceof File&&r.state!=="ended"&&!r.log.runId)&&a.preventDefault()});var A="documents",$=(a,r)=>`${a} ${r}${a===1?"":"s"}`;function W(a,r,e){let t=[...a],n=(o,l)=>t.slice(o,l).join("");return[n(0,r),n(r,e),n(e)]}var x=({document:a,page:r})=>r===null?a:`${a}, page ${r}`;function N(a,r,e){let{statements:t,quotes:n,left_out:o,model:l}=a;return s`<div class="prose cited" dir="auto">
      ${t.map(({text:c,quotes:m})=>s`<p>${c}${m.map(d=>_e(d,n[d-1],e))}</p>`)}
    </div>
    ${l===null?s`<ul class="quotes plain" aria-label="Where it stands">${Ie(n).map(c=>s`<li>${j(c[0][1],e)} ${c.map(([m,d])=>_e(m,d,e))}</li>`)}</ul>`:s`<ol class="quotes" aria-label="Quotes">${n.map(c=>s`<li>${j(c,e)} <q>${c.text}</q></li>`)}</ol>`}
    ${o.length?s`<details class="more"><summary>${$(o.length,"statement")} left out, which nothing bears out</summary>
          <ul class="hint">${o.map(c=>s`<li>${c.text} <em>${c.reason}</em></li>`)}</ul></details>`:i}
    <p class="note" title=${a.method}>
      ${l===null?r:s`Composed by <code>${l}</code>; its quotes are checked word for word.`}
      ${a.cost?fe(a.cost):i} ${a.notes.map(c=>s`<br />${c}`)}
    </p>`}function Ie(a){let r=new Map;return a.forEach((e,t)=>r.set(x(e),[...r.get(x(e))??[],[t+1,e]])),[...r.values()]}function _e(a,r,e){if(!r)return i;let t=`Quote ${a}: ${x(r)}`;return s` <button class="mark-of" aria-label=${t} title=${x(r)} @click=${()=>e(r)}>${a}</button>`}var j=(a,r)=>a.document_id?s`<button class="plain place" @click=${()=>r(a)}>${x(a)}</button>`:s`<span>${x(a)}</span>`;var qe="No language model composed this: these are the documents' own sentences that are closest to the question.",Z=class extends v{constructor(){super();this.input=f();this.only=f();this.calling=new AbortController;this.show=e=>{this.dispatchEvent(new CustomEvent("place",{detail:e}))};[this.documents,this.result,this.busy,this.trouble]=[[],null,"",null]}static{this.properties={collection:{attribute:!1},documents:{attribute:!1},result:{state:!0},busy:{state:!0},trouble:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.calling.abort()}willUpdate(e){e.has("collection")&&(this.calling.abort(),[this.result,this.busy,this.trouble]=[null,"",null])}async call(e){let t=this.input.value.value.trim();if(!t)return this.input.value.focus();this.calling.abort();let{signal:n}=this.calling=new AbortController;[this.busy,this.trouble,this.result]=[e,null,null];let{collection:o}=this,l=this.only.value?.value??"";try{let c=(d,T)=>u(d,{...k("POST",{collection:o,...T}),signal:n}),m=e==="asking"?{asked:t,answer:await c("/documents/ask-documents",{question:t,documents:l?[l]:[]})}:{asked:t,found:await c("/documents/search-documents",{query:t,...l?{document_id:l}:{}})};n.aborted||(this.result=m)}catch(c){n.aborted||(this.trouble=p(c))}finally{n.aborted||(this.busy="")}}render(){let{result:e}=this;return s`<section class="panel asks-of" aria-label="Ask and search">
      <form
        role="search"
        @submit=${t=>{t.preventDefault(),this.call("asking")}}
      >
        <label class="hidden" for="of-documents">A question, or words to look for</label>
        <input id="of-documents" dir="auto" maxlength="2000" placeholder="Ask these documents, or search them" autocomplete="off" ${b(this.input)} />
        <button class="primary">Ask</button>
        <button type="button" @click=${()=>{this.call("searching")}}>Search</button>
        ${this.documents.length>1?s`<label class="only"><span class="note">in</span>
              <select class="small" aria-label="In which document" ${b(this.only)}>
                <option value="">all of them</option>
                ${this.documents.map(t=>s`<option value=${t.id}>${t.name}</option>`)}
              </select></label>`:i}
      </form>
      <div aria-live="polite" aria-busy=${this.busy!==""}>
        ${this.busy?s`<p class="waiting"><span class="pulse"></span>${this.busy==="asking"?"reading what answers it":"searching"}
              <button class="small plain" @click=${()=>(this.calling.abort(),this.busy="")}>Stop</button></p>`:i}
        ${this.trouble?h(this.trouble):i} ${e?"answer"in e?this.answer(e.answer):this.found(e.found):i}
      </div>
    </section>`}answer(e){return e.found?s`<div class="told">${N(e,qe,this.show)}</div>`:s`<div class="told">
      <p><strong>The documents do not say.</strong> <span class="note">${$(e.looked_at,"passage")} of ${$(e.documents.length,"document")} looked at.</span></p>
      ${e.nearest.length?s`<p class="note">The closest sentences, which are no answer:</p>
            <ol class="quotes">${e.nearest.map(t=>s`<li>${j(t,this.show)} <q>${t.text}</q></li>`)}</ol>`:i}
      ${e.notes.map(t=>s`<p class="note">${t}</p>`)}
    </div>`}found({passages:e,notes:t,formula:n}){return s`<div class="told">
      ${e.length?s`<ol class="hits" aria-label="Passages">${e.map(o=>this.hit(o,n))}</ol>`:s`<p class="empty">Nothing was found.</p>`}
      ${t.map(o=>s`<p class="note">${o}</p>`)}
    </div>`}hit(e,t){let[n,o,l]=W(e.text,e.quote_start-e.start,e.quote_end-e.start),c={...e,start:e.quote_start,end:e.quote_end};return s`<li>
      <p class="facts">
        <button class="plain place" @click=${()=>this.show(c)}>${x(c)}</button>
        ${e.heading?s`<span>${e.heading}</span>`:i}
      </p>
      <p class="passage" dir="auto">${n}<mark>${o}</mark>${l}</p>
      <p class="note" title="score ${e.score}: ${t}">${Fe(e)}</p>
    </li>`}};function Fe({words_rank:a,vector_rank:r,similarity:e}){return[a===null?"":`by its words: place ${a}`,r===null?"":`by what it means: place ${r}`,e===null?"":`similarity ${e.toFixed(2)}`].filter(Boolean).join(" · ")}customElements.define("nis-asking",Z);var ee=2e4,te=class extends v{constructor(){super();this.dialog=f();[this.place,this.document,this.shown,this.trouble]=[null,null,null,null]}static{this.properties={place:{state:!0},document:{state:!0},shown:{state:!0},trouble:{state:!0}}}async open(e){[this.place,this.shown,this.trouble]=[e,null,null],this.document?.id!==e.document_id&&(this.document=null),await this.updateComplete,this.dialog.value.open||this.dialog.value.showModal();try{let t=await u(`/documents/${encodeURIComponent(e.document_id)}`),n=await Ue(t,e);if(this.place!==e)return;[this.document,this.shown]=[t,n],await this.updateComplete,this.querySelector(".paper mark")?.scrollIntoView({block:"center"})}catch(t){this.place===e&&(this.trouble=p(t))}}turn(e){let{place:t}=this;t&&this.open({...t,page:(t.page??1)+e,start:0,end:0})}async save({blob_id:e,media_type:t,name:n}){try{let o=window.document.createElement("a");o.href=URL.createObjectURL(await me(e,t)),o.download=n,o.click(),URL.revokeObjectURL(o.href)}catch(o){this.trouble=p(o)}}render(){let{place:e,document:t,trouble:n}=this;if(!e)return i;let[o,l]=[e.page??1,t?.pages??null];return s`<dialog class="sheet page" aria-labelledby="page-title" ${b(this.dialog)} @close=${()=>this.place=null}>
      <div class="bar">
        <h2 id="page-title">${e.document}</h2>
        <button class="ghost" aria-label="Close" title="Close" @click=${()=>this.dialog.value.close()}>${P("close")}</button>
      </div>
      <div class="bar">
        <button class="ghost" aria-label="The page before" title="The page before" ?disabled=${o<=1} @click=${()=>this.turn(-1)}>${P("left")}</button>
        <span class="note" role="status">page ${o}${l?` of ${l}`:""}</span>
        <button class="ghost" aria-label="The page after" title="The page after" ?disabled=${!l||o>=l} @click=${()=>this.turn(1)}>${P("right")}</button>
        ${t?.blob_id?s`<button class="small plain" @click=${()=>{this.save(t)}}>Save the file</button>`:i}
      </div>
      ${n?h(n,()=>{this.open(e)}):this.shown?this.paper(this.shown,e):s`<div class="skeleton" aria-label="Reading the page"><i></i><i></i><i></i></div>`}
    </dialog>`}paper({from:e,text:t},{start:n,end:o}){if(!t.trim())return s`<p class="empty">No text was found on this page.</p>`;let[l,c,m]=W(t,Math.max(0,n-e),Math.max(0,o-e));return s`<div class="paper" dir="auto" tabindex="0" role="region" aria-label="Text of the page">${n>ee?"… ":""}${l}${c?s`<mark>${c}</mark>`:i}${m}</div>`}};async function Ue(a,{page:r,start:e,end:t}){let n={page:r??1,version:a.version,start:{at_least:Math.max(0,e-ee),at_most:t+ee}},o=[],l=0;for(;l!==null;){let d=k("POST",{document_id:a.id,where:n,limit:100,cursor:l}),T=await u(`/collections/${encodeURIComponent(a.collection_id)}/items`,d);o.push(...T.items),l=T.next_cursor}o.sort((d,T)=>d.metadata.start-T.metadata.start);let c=o[0]?.metadata.start??0,m="";for(let d of o){let L=d.metadata.start-c-[...m].length;L>0&&(m+=L===1?" ":`
`.repeat(L)),m+=[...d.text].slice(Math.max(0,-L)).join("")}return{from:c,text:m}}customElements.define("nis-page",te);var He="No language model wrote this: these are the document's own sentences, in their order.",se=class extends v{constructor(){super();this.calling=new AbortController;[this.told,this.trouble]=[null,null]}static{this.properties={document:{attribute:!1},told:{state:!0},trouble:{state:!0}}}firstUpdated(){this.ask()}disconnectedCallback(){super.disconnectedCallback(),this.calling.abort()}async ask(){let{signal:e}=this.calling;this.trouble=null;try{let t={document:this.document.id,collection:this.document.collection_id};this.told=await u("/documents/summarise-document",{...k("POST",t),signal:e})}catch(t){e.aborted||(this.trouble=p(t))}}render(){let{told:e,trouble:t}=this;return s`<div class="told" aria-live="polite" aria-busy=${!e&&!t}>
      ${t?h(t,()=>{this.ask()}):i}
      ${e?N({...e,statements:e.sentences},He,n=>{this.dispatchEvent(new CustomEvent("place",{detail:n}))}):t?i:s`<p class="waiting"><span class="pulse"></span>reading it to tell it in few sentences</p>`}
    </div>`}};customElements.define("nis-summary",se);var We=50,re=class extends E{constructor(){super();this.moved=()=>this.requestUpdate();this.ended=()=>{this.again()};this.absent=!1;this.show=e=>{this.querySelector("nis-page").open(e)};[this.chosen,this.collections,this.writes,this.over,this.opened,this.said]=["",[],!1,!1,[],""]}static{this.properties={...E.properties,chosen:{attribute:!1},collections:{state:!0},writes:{state:!0},over:{state:!0},opened:{state:!0},said:{state:!0}}}connectedCallback(){super.connectedCallback(),C.addEventListener("change",this.moved),C.addEventListener("end",this.ended)}disconnectedCallback(){super.disconnectedCallback(),C.removeEventListener("change",this.moved),C.removeEventListener("end",this.ended)}willUpdate(e){!e.has("chosen")||!this.hasUpdated||([this.lines,this.more,this.opened,this.trouble]=[null,null,[],null],this.again())}get name(){return this.chosen||A}get collection(){return this.collections.find(e=>e.name===this.name||e.id===this.name)}settle(e){let t=H(this.name).filter(n=>n.state==="ended"&&e.some(o=>o.run_id===n.log.runId&&o.state!=="reading"));t.length&&(this.said=t.map(n=>`${n.name}: ${n.problem?"could not be read":n.log.state==="succeeded"?"ready":n.log.state}`).join(", ")),J(t)}async look(){let[e,{collections:t}]=await Promise.all([S("documents:write"),u("/collections?kind=documents&limit=100")]),n=this.name===A&&!t.some(l=>l.name===A);this.absent=n;let o=await super.look();return()=>{o(),[this.collections,this.writes]=[t,e],this.settle(this.lines??[]);for(let l of this.lines??[])l.state==="reading"&&l.run_id&&Te(l.name,this.name,l.run_id)}}async page(e){if(this.absent)return{lines:[],next_cursor:null};let t={collection:this.name,limit:String(We),...e?{cursor:e}:{}},{documents:n,next_cursor:o}=await u(`/documents?${new URLSearchParams(t)}`);return{lines:n,next_cursor:o}}take(e){let t=[...e];t.length&&ke(t,this.name),this.said=t.length?`${$(t.length,"file")} added`:""}hold(e){!this.writes||!e.dataTransfer?.types.includes("Files")||(e.preventDefault(),this.over=!0)}drop(e){if(this.over=!1,!this.writes||!e.dataTransfer?.files.length)return;e.preventDefault();let t=[...e.dataTransfer.items].map(n=>n.webkitGetAsEntry?.()?.isDirectory??!1);this.take([...e.dataTransfer.files].filter((n,o)=>!t[o]))}async make(){let e=new Set(this.collections.map(n=>n.id));if(!await R({name:"collections.create_collection",title:"A new collection",button:"Create",of:{kind:"documents"}}))return;await this.again();let t=this.collections.find(n=>!e.has(n.id));t&&_({page:"documents",collection:t.name})}async unmake({id:e,name:t}){await R({name:"collections.delete_collection",title:`Delete ${t}?`,button:"Delete",of:{id:e}})&&(this.chosen?_({page:"documents",collection:""}):await this.again())}async discard({id:e,name:t}){await R({name:"documents.delete_document",title:`Delete ${t}?`,button:"Delete",of:{id:e}})&&await this.again()}render(){let e=this.holds?this.lines:null,t=H(this.name),n=new Set(t.filter(l=>l.state!=="ended").map(l=>l.log.runId)),o=(e??[]).filter(l=>l.state==="ready");return s`<div
        class="library ${this.over?"over":""}"
        @dragover=${l=>this.hold(l)} @dragleave=${()=>this.over=!1} @drop=${l=>this.drop(l)}
      >
        <header class="head">
          <h1>Documents</h1>
          <p class="lede">Files that are read once, page by page, and then searched and asked. An answer says on which page it stands, in which words.</p>
        </header>
        ${this.choice()}
        <p class="hidden" role="status">${this.said}</p>
        ${this.standing(this.lines!==null,"the documents")}
        ${e&&(o.length||this.more)?s`<nis-asking .collection=${this.name} .documents=${o} @place=${l=>this.show(l.detail)}></nis-asking>`:i}
        ${e&&this.writes?this.zone(e.length+t.length===0):i}
        ${t.length||e?.length?s`<ul class="kept" aria-label="Documents">
              ${Q(t,l=>l,l=>this.entry(l))}
              ${Q((e??[]).filter(l=>!n.has(l.run_id)),l=>l.id,l=>this.row(l))}
            </ul>`:e&&!this.writes?s`<p class="empty">There is no document here. To add one takes a key with the scope <code>documents:write</code>, which this one has not.</p>`:i}
        ${this.more?s`<button @click=${()=>{this.next()}}>Earlier documents</button>`:i}
      </div>
      <nis-page></nis-page>`}choice(){let e=[...new Set([A,...this.collections.map(n=>n.name),...this.collection?[]:[this.name]])],{collection:t}=this;return s`<div class="choice">
      <label class="dates">Collection
        <select class="small" .value=${t?.name??this.name} @change=${n=>_({page:"documents",collection:je(n.target.value)})}>
          ${e.map(n=>s`<option value=${n} ?selected=${n===(t?.name??this.name)}>${n}</option>`)}
        </select>
      </label>
      ${this.writes?s`<button class="small" @click=${()=>{this.make()}}>New collection</button>`:i}
      ${this.writes&&t&&this.lines?.length===0&&!H(this.name).length?s`<button class="small plain" aria-label="Delete the collection ${t.name}" @click=${()=>{this.unmake(t)}}>Delete</button>`:i}
      ${t?s`<span>${t.description?`${t.description} `:""}${$(t.items,"chunk")}, found by their words${t.model?s` and by what they mean, with <code>${t.model}</code>`:" alone: there is no embedding model"}</span>`:i}
    </div>`}zone(e){return s`<div class="zone ${e?"first":""}">
      ${e?s`<p><strong>There is nothing here yet.</strong> Add a file: then ask it, and see on which page the answer stands.</p>`:i}
      <label class="pick">${P("plus")}Choose files
        <input
          type="file" class="hidden" multiple
          @change=${t=>{let n=t.target;this.take(n.files??[]),n.value=""}}
        />
      </label>
      <span class="note"><span class="drops">or drop them anywhere here: </span>PDF, Word, Excel, PowerPoint, HTML, Markdown, e-mail, CSV, text, scans, sounds</span>
    </div>`}entry(e){let{log:t,file:n,problem:o}=e,l=e.state!=="ended",[c,m,d]=Ne(e);return s`<li aria-busy=${l}>
      <div class="bar">
        <h2>${e.name}</h2>
        ${B(c,m)}
        <button class="small ${l?"stop":"plain"}" aria-label="${l?"Cancel":"Hide"} ${e.name}" @click=${()=>{Re(e)}}>${l?"Cancel":"Hide"}</button>
      </div>
      ${l?s`<progress max="1" .value=${t.progress?.fraction??0} aria-label="Progress of ${e.name}"></progress>`:i}
      <p class="facts">
        ${l&&t.progress?s`<span>${be(t.progress.fraction)}</span>`:i}
        ${d?s`<span>${d}</span>`:i}
        ${n instanceof File?s`<span>${pe(n.size)}</span>`:i}
        ${t.runId?s`<a class="id" href=${g({page:"run",id:t.runId})} title="The run's events">${t.runId}</a>`:i}
      </p>
      ${o?Ee(o):i}
    </li>`}row(e){let t=e.state==="ready",n=e.problem?.code==="cancelled",o=this.opened.includes(e.id),l={document:e.name,document_id:e.id,page:1,start:0,end:0};return s`<li>
      <div class="bar">
        <h2>${t?s`<button class="plain" title="Read it" @click=${()=>this.show(l)}>${e.name}</button>`:e.name}</h2>
        ${B(e.state==="reading"?"running":t?"ok":"failed",n&&!t?"cancelled":e.state)}
        ${t?s`<button class="small" aria-expanded=${o} aria-label="Summary of ${e.name}" @click=${()=>this.opened=o?this.opened.filter(c=>c!==e.id):[...this.opened,e.id]}>Summary</button>`:i}
        ${this.writes&&e.state==="failed"&&e.blob_id&&(n||e.problem?.retryable)?s`<button class="small" aria-label="Read ${e.name} again" @click=${()=>xe(e,this.name)}>Read it again</button>`:i}
        ${this.writes?s`<button class="small plain" aria-label="Delete ${e.name}" @click=${()=>{this.discard(e)}}>Delete</button>`:i}
      </div>
      <p class="facts">
        ${e.title&&e.title!==e.name?s`<span>${e.title}</span>`:i}
        ${t?s`<span>${$(e.pages??0,"page")}</span><span>${$(e.chunks,"chunk")}</span>`:i}
        ${e.kind?s`<span>${e.kind}</span>`:i}
        <time datetime=${new Date(e.updated*1e3).toISOString()} title=${new Date(e.updated*1e3).toLocaleString()}>${U(e.updated)}</time>
      </p>
      ${e.problem?Ee(e.problem,t?"What was to replace it could not be read.":""):i}
      ${e.notes.length?s`<details class="more"><summary>${$(e.notes.length,"note")} on how it was read</summary><ul class="hint">${e.notes.map(c=>s`<li>${c}</li>`)}</ul></details>`:i}
      ${o?s`<nis-summary .document=${e} @place=${c=>this.show(c.detail)}></nis-summary>`:i}
    </li>`}},je=a=>a===A?"":a;function Ne({state:a,log:r,problem:e}){if(a==="waiting")return["waiting","waiting","for those before it"];if(a==="under way")return r.runId?[r.state,r.state,r.progress?.message??""]:["running","sending",""];let t=r.result?.outcome;return e||r.state!=="succeeded"?["failed","not added",""]:["ok",t??"ready",t==="unchanged"?"the same file was there already":""]}function Ee({title:a,detail:r,remedy:e},t=""){return s`<div class="failure">
    <p>${t?s`<strong>${t}</strong> `:s`<strong>${a.charAt(0).toUpperCase()+a.slice(1)}.</strong> `}${r}</p>
    ${e?s`<p class="remedy">${e}</p>`:i}
  </div>`}customElements.define("nis-documents",re);var ae=class extends v{constructor(){super();this.dialog=f();[this.shown,this.user,this.found,this.busy,this.trouble]=[!1,"",null,!1,null]}static{this.properties={shown:{state:!0},user:{state:!0},found:{state:!0},busy:{state:!0},trouble:{state:!0}}}async open(e){[this.shown,this.user,this.found,this.busy,this.trouble]=[!0,e,null,!1,null],await this.updateComplete,this.dialog.value.showModal()}async call(e){[this.busy,this.trouble]=[!0,null];let{user:t}=this;try{let n=await u("/memory/forget-user",k("POST",{user:t,dry_run:e}));t===this.user&&(this.found=n),n.done&&this.dispatchEvent(new Event("forgotten"))}catch(n){this.trouble=p(n)}finally{this.busy=!1}}render(){if(!this.shown)return i;let{found:e}=this,[t,n]=[e?.places.some(o=>o.before>0)??!1,e?.done??!1];return s`<dialog class="sheet" aria-labelledby="forget-title" ${b(this.dialog)} @close=${()=>this.shown=!1}>
      <form
        @submit=${o=>{o.preventDefault(),this.call(!e)}}
      >
        <h2 id="forget-title">Forget a user everywhere</h2>
        <p class="note">Memories, entries, documents, conversations, runs, blobs: all that named them, removed and then looked for again.</p>
        ${n?i:s`<label for="forget-user">User</label>
              <input
                id="forget-user" required maxlength="128" autocomplete="off" .value=${this.user}
                @input=${o=>[this.user,this.found,this.trouble]=[o.target.value,null,null]}
              />`}
        <div aria-live="polite" aria-busy=${this.busy}>
          ${this.trouble?h(this.trouble):i}
          ${e?s`<p class="verdict">${Oe(e,t)}</p> ${t?Ve(e):i}`:i}
        </div>
        <div class="act">
          ${n||e&&!t?i:s`<button class=${e?"danger":"primary"} ?disabled=${this.busy}>${this.busy?"Looking …":e?`Forget ${e.user}`:"See what there is"}</button>`}
          <button type="button" class="plain" @click=${()=>this.dialog.value.close()}>${n?"Close":"Cancel"}</button>
          ${e&&t&&!n?s`<span class="note">This cannot be undone.</span>`:i}
        </div>
      </form>
    </dialog>`}};function Oe({user:a,done:r,gone:e},t){return t?r?e?s`<strong class="good">Nothing of ${a} was found afterwards</strong> in any place that was looked at.`:s`<strong class="bad">Something of ${a} is still there</strong>: see below.`:s`This would be removed of <strong>${a}</strong>:`:s`There is nothing that names <strong>${a}</strong>.`}function Ve({done:a,places:r,kept:e,left:t,beyond:n,definition:o}){return s`<div class="wide" role="region" aria-label="Places" tabindex="0">
      <table>
        <thead><tr><th scope="col">place</th><th scope="col" class="n">${a?"before":"there is"}</th>${a?s`<th scope="col" class="n">after</th>`:i}<th scope="col">how it was looked for</th></tr></thead>
        <tbody>
          ${r.filter(l=>l.before>0||l.after>0).map(l=>s`<tr><th scope="row">${l.place}</th><td class="n">${l.before}</td>${a?s`<td class="n ${l.after?"bad":""}">${l.after}</td>`:i}<td class="note">${l.how}</td></tr>`)}
        </tbody>
      </table>
    </div>
    ${O("What names it and was written about somebody else",t)} ${O("What stays on purpose",e)} ${O("What this cannot reach",n)} ${O("What counts as about the user",[o])}`}var O=(a,r)=>r.length?s`<details class="more"><summary>${a}</summary><ul class="hint">${r.map(e=>s`<li>${e}</li>`)}</ul></details>`:i;customElements.define("nis-forgetting",ae);var Qe=50,ne=class extends G{constructor(){super();this.query=f();this.pages=1;this.pause=15e3;[this.user,this.memories,this.more,this.writes,this.recalled,this.refusal]=["",null,null,!1,null,null]}static{this.properties={...G.properties,user:{attribute:!1},memories:{state:!0},more:{state:!0},writes:{state:!0},recalled:{state:!0},refusal:{state:!0}}}willUpdate(e){!e.has("user")||!this.hasUpdated||([this.memories,this.recalled,this.refusal,this.trouble,this.pages]=[null,null,null,null,1],this.again())}get of(){return this.user?{user:this.user}:{}}async look(){let e=await S("memory:write"),t=[],n=0;for(let o=0;o<this.pages&&n!==null;o++){let l=new URLSearchParams({...this.of,limit:String(Qe),cursor:String(n)}),c=await u(`/memory?${l}`);t.push(...c.memories),n=c.next_cursor}return()=>[this.memories,this.more,this.writes]=[t,n,e]}async recall(e){e.preventDefault();let t=this.query.value.value.trim();if([this.recalled,this.refusal]=[null,null],!!t)try{this.recalled=await u(`/memory/recall?${new URLSearchParams({...this.of,query:t,limit:"20"})}`)}catch(n){this.refusal=p(n)}}async forget({id:e}){if(await this.change("memory.forget_memory","Forget this?","Forget",{id:e}),this.recalled&&this.memories){let t=new Set(this.memories.map(n=>n.id));this.recalled={...this.recalled,memories:this.recalled.memories.filter(({memory:n})=>this.more!==null||t.has(n.id))}}}render(){let e=this.holds?this.memories:null;return s`<header class="head">
        <h1>Memory
          ${this.writes?s`<button class="primary small" @click=${()=>{this.change("memory.remember","Remember something","Remember")}}>Remember something</button>
                <button class="small danger" @click=${()=>{this.querySelector("nis-forgetting").open(this.user)}}>Forget a user</button>`:i}
        </h1>
        <p class="lede">What was told to be remembered, by <code>memory.remember</code>: of whom, when, and where it is from.</p>
      </header>
      ${this.finder()} ${this.standing(this.memories!==null,"the memories")}
      ${this.refusal?h(this.refusal):i} ${this.recalled?this.recollection(this.recalled):e?this.list(e):i}
      <nis-forgetting @forgotten=${()=>(this.recalled=null,void this.again())}></nis-forgetting>`}finder(){return s`<form class="panel asks-of" role="search" @submit=${e=>{this.recall(e)}}>
      <label class="hidden" for="of-memory">What is looked for</label>
      <input id="of-memory" dir="auto" maxlength="4000" placeholder="Recall what is remembered" autocomplete="off" ${b(this.query)} />
      <button class="primary">Recall</button>
      <label class="only"><span class="note">of user</span>
        <input
          maxlength="128" autocomplete="off" placeholder="anybody" .value=${this.user}
          @change=${e=>_({page:"memory",user:e.target.value.trim()})}
        /></label>
    </form>`}recollection({memories:e,formula:t,notes:n}){return s`<div aria-live="polite">
      <p class="choice"><span title=${t}>${e.length?"The best first; each says why it was recalled.":"Nothing that is remembered is about that."}</span>
        <button class="small" @click=${()=>this.recalled=null}>All that is remembered</button></p>
      <ul class="kept" aria-label="Recalled">${e.map(o=>this.row(o.memory,o))}</ul>
      ${n.map(o=>s`<p class="note">${o}</p>`)}
      ${e.length?s`<details class="more"><summary>What a score is</summary><p class="hint">${t}</p></details>`:i}
    </div>`}list(e){return e.length?s`<ul class="kept" aria-label="Memories">${e.map(t=>this.row(t))}</ul>
      ${this.more===null?i:s`<button @click=${()=>(this.pages++,void this.again())}>More</button>`}`:s`<p class="empty">${this.user?s`Nothing is remembered of ${this.user}.`:s`Nothing is remembered yet. An agent remembers by calling <code>memory.remember</code>${this.writes?s`; what they should know, you can write down here`:i}.`}</p>`}row(e,t=null){return s`<li>
      <div class="bar">
        <p class="said-so" dir="auto">${e.text}</p>
        ${this.writes?s`<button class="small plain" aria-label="Forget: ${e.text}" @click=${()=>{this.forget(e)}}>Forget</button>`:i}
      </div>
      ${t?s`<p class="because">Recalled because ${t.because} <span class="note">score ${t.score.toFixed(3)}</span></p>`:i}
      <p class="facts">
        <span>${e.kind}</span>
        ${e.user?s`<span>of <a href=${g({page:"memory",user:e.user})}>${e.user}</a></span>`:s`<span>of nobody in particular</span>`}
        ${e.agent?s`<span>by agent ${e.agent}</span>`:i}
        <span>importance ${e.importance}</span>
        <time datetime=${new Date(e.at*1e3).toISOString()} title=${new Date(e.at*1e3).toLocaleString()}>${U(e.at)}</time>
        ${e.sources.length?s`<span>replaces ${e.sources.length}</span>`:i}
        ${e.source_conversation?s`<a href=${g({page:"chat",id:e.source_conversation})}>from a conversation</a>`:e.source_run?s`<a href=${g({page:"run",id:e.source_run})}>from a run</a>`:s`<span>written directly</span>`}
      </p>
    </li>`}};customElements.define("nis-memory",ne);var ze=[[{page:"documents",collection:""},"documents"],[{page:"memory",user:""},"memory"]];function Ge(a){return s`<div class="column wide-column">
    <nav class="families parts" aria-label="Parts">
      ${ze.map(([r,e])=>s`<a class="chip" href=${g(r)} aria-current=${r.page===a.page?"true":i}>${e}</a>`)}
    </nav>
    ${a.page==="documents"?s`<nis-documents .chosen=${a.collection}></nis-documents>`:s`<nis-memory .user=${a.user}></nis-memory>`}
  </div>`}var Se=ce(class extends de{constructor(){super(...arguments),this.key=i}render(a,r){return this.key=a,r}update(a,[r,e]){return r!==this.key&&(le(a),this.key=r),e}});var Ce=(a,r)=>`${a.length} ${r}${a.length===1?"":"s"}`,Ae={destroys:"asks before what destroys",tainted:"asks before what destroys, and more once it has read others' words",nothing:"asks nobody first"},w=a=>s`<span>${a}</span>`,D=[{part:"",one:"agent",title:"Agents",lede:"Instructions, a model, operations and bounds, kept in versions. Each answers over every protocol under its name.",path:"/agents",list:"agents",create:"agents.create_agent",update:"agents.update_agent",destroy:"agents.delete_agent",run:"agents.run_agent",more:[["Versions","agents.list_agent_versions"]],to:a=>g({page:"agent",name:a}),facts:a=>{let r=a;return[w(`version ${r.version}`),w(r.model??"the default model"),r.operations.length?s`<span>may use ${r.operations.map(e=>s`<code>${e}</code> `)}</span>`:w("uses no operations"),r.agents.length?w(`asks ${r.agents.join(", ")}`):i,Ae[r.asks]?w(Ae[r.asks]):i,r.tests?.length?w(Ce(r.tests,"test")):i]},begin:s`One is made here, or from a file: <code>nis agents init</code>, then <code>nis agents apply</code>.`},{part:"teams",one:"team",title:"Teams",lede:"Agents, models and agents of other servers that answer together: in a row, side by side, by a vote.",path:"/teams",list:"teams",create:"teams.create_team",update:"teams.update_team",destroy:"teams.delete_team",run:"teams.run_team",more:[],to:a=>F("teams.run_team",{id:a}),facts:a=>{let{shape:r,members:e}=a;return[w(r),w(e.map(t=>t.name).join(", "))]},begin:s`Make one of agents kept here, of models, or of both: <code>New team</code> asks for its members and how they work.`},{part:"plans",one:"plan",title:"Plans",lede:"Steps that need each other, checked before they run and run as one log.",path:"/plans",list:"plans",create:"plans.create_plan",update:"plans.update_plan",destroy:"plans.delete_plan",run:"plans.run_plan",more:[],to:a=>F("plans.run_plan",{id:a}),facts:a=>{let{goal:r,steps:e}=a;return[r?s`<span dir="auto">${r}</span>`:i,e?w(Ce(e,"step")):i]},begin:s`Write its steps by <code>New plan</code>, or have a model write them out of a goal: <a href=${F("plans.propose_plan")}>plans.propose_plan</a>.`}];var Be=100,ie=class extends v{constructor(){super();this.reading=new AbortController;this.input=f();this.paint=we(()=>this.requestUpdate());this.send=e=>{e.preventDefault();let t=this.input.value,n=t.value.trim();!n||this.running||(t.value="",this.say(n))};[this.agent,this.trouble,this.turns]=[null,null,[]]}static{this.properties={name:{attribute:!1},agent:{state:!0},trouble:{state:!0},turns:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.reading.abort()}willUpdate(e){e.has("name")&&this.open()}async open(){this.reading.abort();let{signal:e}=this.reading=new AbortController;[this.agent,this.trouble,this.turns]=[null,null,[]];try{let t=await u(`/agents/${encodeURIComponent(this.name)}`,{signal:e});e.aborted||(this.agent=t)}catch(t){e.aborted||(this.trouble=p(t))}}get running(){return this.turns.find(e=>!ve(e))}async say(e){if(!e||this.running)return;let n=this.turns.filter(c=>c.state==="succeeded"&&z(c)).slice(-Be).flatMap(c=>[{role:"user",content:c.question},{role:"assistant",content:z(c)}]),o=$e(e);this.turns=[...this.turns,o];let{signal:l}=this.reading;try{await M(`/agents/${encodeURIComponent(this.name)}/run`,{message:e,earlier:n},o,{changed:this.paint,waiting:I,signal:l})}catch(c){if(l.aborted)return;[o.state,o.problem]=["failed",p(c)]}this.requestUpdate()}stop(e){e.runId!==null&&q(e.runId,"cancel").catch(()=>{})}render(){let{agent:e,running:t}=this;return s`<p class="crumbs"><a href="#/agents">Agents</a> / <span class="id">${this.name}</span></p>
      <header class="head">
        <h1><code>${this.name}</code></h1>
        ${e?s`${e.description?s`<p class="lede" dir="auto">${e.description}</p>`:i}<p class="facts">${D[0].facts(e)}</p>`:i}
      </header>
      ${this.trouble?h(this.trouble,()=>{this.open()}):i}
      <div class="log" role="log" aria-label="Conversation">
        ${this.turns.map((n,o)=>ye(n,o===this.turns.length-1,t!==void 0,{turnTo:()=>{},rates:n.state==="succeeded"}))}
      </div>
      ${e?s`<form class="panel to-agent" @submit=${this.send}>
            <label class="hidden" for="to-agent">What it is to do</label>
            <textarea
              id="to-agent" rows="2" dir="auto" maxlength="100000" placeholder="What is it to do?" ${b(this.input)}
              @keydown=${n=>n.key==="Enter"&&!n.shiftKey&&!n.isComposing&&this.send(n)}
            ></textarea>
            ${t?s`<button type="button" class="stop" @click=${()=>this.stop(t)}>Stop</button>`:s`<button class="primary">Run</button>`}
          </form>`:i}`}};customElements.define("nis-agent",ie);var Je=50,oe=class extends E{static{this.properties={...E.properties,kind:{attribute:!1},can:{state:!0}}}constructor(){super(),this.can=new Set}async page(r){let{kind:e}=this,t=new URLSearchParams({limit:String(Je),...r?{cursor:r}:{}}),[n,o,l]=await Promise.all([u(`${e.path}?${t}`),ue(),S(`${e.list}:write`)]),m=[e.create,e.update,e.destroy,e.run,...e.one==="agent"?["agents.test_agent"]:[]].filter(d=>l&&V(o,d));return this.can=new Set([...m,...e.more.map(([,d])=>d).filter(d=>V(o,d))]),{lines:n[e.list],next_cursor:n.next_cursor}}render(){let{kind:r,lines:e}=this;return s`<header class="head">
        <h1>${r.title} ${this.can.has(r.create)?s`<button class="primary small" @click=${()=>{this.change(r.create,`A new ${r.one}`,"Create")}}>New ${r.one}</button>`:i}</h1>
        <p class="lede">${r.lede}</p>
      </header>
      ${this.standing(e!==null,`the ${r.list}`)}
      ${e&&this.holds?e.length?s`<ul class="budgets">${e.map(t=>this.row(t))}</ul>`:s`<p class="empty">There is no ${r.one} yet. ${this.can.has(r.create)?r.begin:i}</p>`:i}
      ${this.more?s`<button @click=${()=>{this.next()}}>Earlier ${r.list}</button>`:i}`}row(r){let{kind:e,can:t}=this,n=(o,l,c="")=>s`<button class="small ${c}" aria-label="${o} ${r.name}" @click=${l}>${o}</button>`;return s`<li class="panel">
      <div class="bar">
        <h2>${t.has(e.run)?s`<a href=${e.to(r.name)}><code>${r.name}</code></a>`:s`<code>${r.name}</code>`}</h2>
        ${t.has("agents.test_agent")&&r.tests?.length?n("Test",()=>{R({name:"agents.test_agent",title:`Test ${r.name}`,button:"Test",of:{id:r.id},stays:!0})}):i}
        ${e.more.filter(([,o])=>t.has(o)).map(([o,l])=>n(o,()=>{this.change(l,`${o} of ${r.name}`,o,r)}))}
        ${t.has(e.update)?n("Edit",()=>{this.edit(r)}):i}
        ${t.has(e.destroy)?n("Delete",()=>{this.change(e.destroy,`Delete ${r.name}?`,"Delete",r)},"plain"):i}
      </div>
      ${r.description?s`<p dir="auto">${r.description}</p>`:i}
      <p class="facts">${e.facts(r)}</p>
    </li>`}async edit(r){let{create:e,update:t}=this.kind,n=r.version,o={id:r.id,...n===void 0?{}:{after:n}},l={of:e,as:"change",without:["name","dry_run"]};await R({name:t,title:`Change ${r.name}`,button:"Save",of:o,given:r,form:l})&&await this.again()}};customElements.define("nis-kept",oe);function Xe(a){if(a.page==="agent")return s`<div class="column"><nis-agent .name=${a.name}></nis-agent></div>`;let r=D.find(e=>e.part===a.part);return s`<div class="column wide-column">
    <nav class="families parts" aria-label="Parts">
      ${D.map(({part:e})=>s`<a class="chip" href=${g({page:"agents",part:e})} aria-current=${e===a.part?"true":i}>${e||"agents"}</a>`)}
    </nav>
    ${Se(r,s`<nis-kept .kind=${r}></nis-kept>`)}
  </div>`}export{Xe as agents,Ge as library};
