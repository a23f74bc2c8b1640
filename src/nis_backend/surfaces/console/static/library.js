import{Aa as O,Ba as L,D as U,E as y,J as Y,K as Z,O as ee,P as te,V as se,X as p,Z as re,a as s,c as n,d as f,e as b,ea as g,ia as C,ja as ie,k as u,l as v,la as x,na as ae,pa as oe,sa as w,ta as T,wa as K,xa as H,ya as A}from"./chunk.js";var he=3,R=new EventTarget,$=[],M=r=>$.filter(a=>a.collection===r);function ne(r,a){N(r.map(e=>j(e.name,e,a,null)))}var le=({name:r,blob_id:a},e)=>N([j(r,a,e,null)]);function ce(r,a,e){$.some(t=>t.log.runId===e)||N([j(r,null,a,e)])}async function de(r){if(r.state==="under way"&&r.log.runId)return void await ie(r.log.runId,"cancel").catch(()=>{});r.stop.abort(),W([r])}function W(r){r.length&&($=$.filter(a=>!r.includes(a)),_("change"))}var j=(r,a,e,t)=>({name:r,file:a,collection:e,log:new re(t),state:"waiting",problem:null,stop:new AbortController}),_=r=>{R.dispatchEvent(new Event(r))};function N(r){$=[...$,...r],_("change"),ue()}function ue(){let r=$.filter(a=>a.state==="under way").length;for(let a of $.filter(({state:e})=>e==="waiting").slice(0,Math.max(0,he-r)))ge(a)}async function ge(r){r.state="under way";let a={changed:()=>_("change"),waiting:se,signal:r.stop.signal};try{let{file:e,name:t,collection:i}=r;e?await ee("/documents/add-document",e instanceof File?fe(e,i):{document:e,name:t,collection:i},r.log,a):await te(r.log,a),r.problem=r.log.problem}catch(e){r.stop.signal.aborted||(r.problem=p(e))}r.state="ended",_("change"),_("end"),ue()}function fe(r,a){let e=new FormData;return e.append("document",r),e.append("name",r.name.slice(-be)),e.append("collection",a),e}var be=200;addEventListener("beforeunload",r=>{$.some(a=>a.file instanceof File&&a.state!=="ended"&&!a.log.runId)&&r.preventDefault()});var S="documents",h=(r,a)=>`${r} ${a}${r===1?"":"s"}`;function F(r,a,e){let t=[...r],i=(l,o)=>t.slice(l,o).join("");return[i(0,a),i(a,e),i(e)]}var k=({document:r,page:a})=>a===null?r:`${r}, page ${a}`;function D(r,a,e){let{statements:t,quotes:i,left_out:l,model:o}=r;return s`<div class="prose cited" dir="auto">
      ${t.map(({text:c,quotes:m})=>s`<p>${c}${m.map(d=>me(d,i[d-1],e))}</p>`)}
    </div>
    ${o===null?s`<ul class="quotes plain" aria-label="Where it stands">${$e(i).map(c=>s`<li>${q(c[0][1],e)} ${c.map(([m,d])=>me(m,d,e))}</li>`)}</ul>`:s`<ol class="quotes" aria-label="Quotes">${i.map(c=>s`<li>${q(c,e)} <q>${c.text}</q></li>`)}</ol>`}
    ${l.length?s`<details class="more"><summary>${h(l.length,"statement")} left out, which nothing bears out</summary>
          <ul class="hint">${l.map(c=>s`<li>${c.text} <em>${c.reason}</em></li>`)}</ul></details>`:n}
    <p class="note" title=${r.method}>
      ${o===null?a:s`Composed by <code>${o}</code>; its quotes are checked word for word.`}
      ${r.cost?ae(r.cost):n} ${r.notes.map(c=>s`<br />${c}`)}
    </p>`}function $e(r){let a=new Map;return r.forEach((e,t)=>a.set(k(e),[...a.get(k(e))??[],[t+1,e]])),[...a.values()]}function me(r,a,e){if(!a)return n;let t=`Quote ${r}: ${k(a)}`;return s` <button class="mark-of" aria-label=${t} title=${k(a)} @click=${()=>e(a)}>${r}</button>`}var q=(r,a)=>r.document_id?s`<button class="plain place" @click=${()=>a(r)}>${k(r)}</button>`:s`<span>${k(r)}</span>`;var ve="No language model composed this: these are the documents' own sentences that are closest to the question.",Q=class extends y{constructor(){super();this.input=f();this.only=f();this.calling=new AbortController;this.show=e=>{this.dispatchEvent(new CustomEvent("place",{detail:e}))};[this.documents,this.result,this.busy,this.trouble]=[[],null,"",null]}static{this.properties={collection:{attribute:!1},documents:{attribute:!1},result:{state:!0},busy:{state:!0},trouble:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.calling.abort()}willUpdate(e){e.has("collection")&&(this.calling.abort(),[this.result,this.busy,this.trouble]=[null,"",null])}async call(e){let t=this.input.value.value.trim();if(!t)return this.input.value.focus();this.calling.abort();let{signal:i}=this.calling=new AbortController;[this.busy,this.trouble,this.result]=[e,null,null];let{collection:l}=this,o=this.only.value?.value??"";try{let c=(d,P)=>u(d,{...v("POST",{collection:l,...P}),signal:i}),m=e==="asking"?{asked:t,answer:await c("/documents/ask-documents",{question:t,documents:o?[o]:[]})}:{asked:t,found:await c("/documents/search-documents",{query:t,...o?{document_id:o}:{}})};i.aborted||(this.result=m)}catch(c){i.aborted||(this.trouble=p(c))}finally{i.aborted||(this.busy="")}}render(){let{result:e}=this;return s`<section class="panel asks-of" aria-label="Ask and search">
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
              </select></label>`:n}
      </form>
      <div aria-live="polite" aria-busy=${this.busy!==""}>
        ${this.busy?s`<p class="waiting"><span class="pulse"></span>${this.busy==="asking"?"reading what answers it":"searching"}
              <button class="small plain" @click=${()=>(this.calling.abort(),this.busy="")}>Stop</button></p>`:n}
        ${this.trouble?g(this.trouble):n} ${e?"answer"in e?this.answer(e.answer):this.found(e.found):n}
      </div>
    </section>`}answer(e){return e.found?s`<div class="told">${D(e,ve,this.show)}</div>`:s`<div class="told">
      <p><strong>The documents do not say.</strong> <span class="note">${h(e.looked_at,"passage")} of ${h(e.documents.length,"document")} looked at.</span></p>
      ${e.nearest.length?s`<p class="note">The closest sentences, which are no answer:</p>
            <ol class="quotes">${e.nearest.map(t=>s`<li>${q(t,this.show)} <q>${t.text}</q></li>`)}</ol>`:n}
      ${e.notes.map(t=>s`<p class="note">${t}</p>`)}
    </div>`}found({passages:e,notes:t,formula:i}){return s`<div class="told">
      ${e.length?s`<ol class="hits" aria-label="Passages">${e.map(l=>this.hit(l,i))}</ol>`:s`<p class="empty">Nothing was found.</p>`}
      ${t.map(l=>s`<p class="note">${l}</p>`)}
    </div>`}hit(e,t){let[i,l,o]=F(e.text,e.quote_start-e.start,e.quote_end-e.start),c={...e,start:e.quote_start,end:e.quote_end};return s`<li>
      <p class="facts">
        <button class="plain place" @click=${()=>this.show(c)}>${k(c)}</button>
        ${e.heading?s`<span>${e.heading}</span>`:n}
      </p>
      <p class="passage" dir="auto">${i}<mark>${l}</mark>${o}</p>
      <p class="note" title="score ${e.score}: ${t}">${ye(e)}</p>
    </li>`}};function ye({words_rank:r,vector_rank:a,similarity:e}){return[r===null?"":`by its words: place ${r}`,a===null?"":`by what it means: place ${a}`,e===null?"":`similarity ${e.toFixed(2)}`].filter(Boolean).join(" · ")}customElements.define("nis-asking",Q);var V=2e4,z=class extends y{constructor(){super();this.dialog=f();[this.place,this.document,this.shown,this.trouble]=[null,null,null,null]}static{this.properties={place:{state:!0},document:{state:!0},shown:{state:!0},trouble:{state:!0}}}async open(e){[this.place,this.shown,this.trouble]=[e,null,null],this.document?.id!==e.document_id&&(this.document=null),await this.updateComplete,this.dialog.value.open||this.dialog.value.showModal();try{let t=await u(`/documents/${encodeURIComponent(e.document_id)}`),i=await we(t,e);if(this.place!==e)return;[this.document,this.shown]=[t,i],await this.updateComplete,this.querySelector(".paper mark")?.scrollIntoView({block:"center"})}catch(t){this.place===e&&(this.trouble=p(t))}}turn(e){let{place:t}=this;t&&this.open({...t,page:(t.page??1)+e,start:0,end:0})}async save({blob_id:e,media_type:t,name:i}){try{let l=window.document.createElement("a");l.href=URL.createObjectURL(await Y(e,t)),l.download=i,l.click(),URL.revokeObjectURL(l.href)}catch(l){this.trouble=p(l)}}render(){let{place:e,document:t,trouble:i}=this;if(!e)return n;let[l,o]=[e.page??1,t?.pages??null];return s`<dialog class="sheet page" aria-labelledby="page-title" ${b(this.dialog)} @close=${()=>this.place=null}>
      <div class="bar">
        <h2 id="page-title">${e.document}</h2>
        <button class="ghost" aria-label="Close" title="Close" @click=${()=>this.dialog.value.close()}>${x("close")}</button>
      </div>
      <div class="bar">
        <button class="ghost" aria-label="The page before" title="The page before" ?disabled=${l<=1} @click=${()=>this.turn(-1)}>${x("left")}</button>
        <span class="note" role="status">page ${l}${o?` of ${o}`:""}</span>
        <button class="ghost" aria-label="The page after" title="The page after" ?disabled=${!o||l>=o} @click=${()=>this.turn(1)}>${x("right")}</button>
        ${t?.blob_id?s`<button class="small plain" @click=${()=>{this.save(t)}}>Save the file</button>`:n}
      </div>
      ${i?g(i,()=>{this.open(e)}):this.shown?this.paper(this.shown,e):s`<div class="skeleton" aria-label="Reading the page"><i></i><i></i><i></i></div>`}
    </dialog>`}paper({from:e,text:t},{start:i,end:l}){if(!t.trim())return s`<p class="empty">No text was found on this page.</p>`;let[o,c,m]=F(t,Math.max(0,i-e),Math.max(0,l-e));return s`<div class="paper" dir="auto" tabindex="0" role="region" aria-label="Text of the page">${i>V?"… ":""}${o}${c?s`<mark>${c}</mark>`:n}${m}</div>`}};async function we(r,{page:a,start:e,end:t}){let i={page:a??1,version:r.version,start:{at_least:Math.max(0,e-V),at_most:t+V}},l=[],o=0;for(;o!==null;){let d=v("POST",{document_id:r.id,where:i,limit:100,cursor:o}),P=await u(`/collections/${encodeURIComponent(r.collection_id)}/items`,d);l.push(...P.items),o=P.next_cursor}l.sort((d,P)=>d.metadata.start-P.metadata.start);let c=l[0]?.metadata.start??0,m="";for(let d of l){let E=d.metadata.start-c-[...m].length;E>0&&(m+=E===1?" ":`
`.repeat(E)),m+=[...d.text].slice(Math.max(0,-E)).join("")}return{from:c,text:m}}customElements.define("nis-page",z);var ke="No language model wrote this: these are the document's own sentences, in their order.",G=class extends y{constructor(){super();this.calling=new AbortController;[this.told,this.trouble]=[null,null]}static{this.properties={document:{attribute:!1},told:{state:!0},trouble:{state:!0}}}firstUpdated(){this.ask()}disconnectedCallback(){super.disconnectedCallback(),this.calling.abort()}async ask(){let{signal:e}=this.calling;this.trouble=null;try{let t={document:this.document.id,collection:this.document.collection_id};this.told=await u("/documents/summarise-document",{...v("POST",t),signal:e})}catch(t){e.aborted||(this.trouble=p(t))}}render(){let{told:e,trouble:t}=this;return s`<div class="told" aria-live="polite" aria-busy=${!e&&!t}>
      ${t?g(t,()=>{this.ask()}):n}
      ${e?D({...e,statements:e.sentences},ke,i=>{this.dispatchEvent(new CustomEvent("place",{detail:i}))}):t?n:s`<p class="waiting"><span class="pulse"></span>reading it to tell it in few sentences</p>`}
    </div>`}};customElements.define("nis-summary",G);var Pe=50,B=class extends H{constructor(){super();this.moved=()=>this.requestUpdate();this.ended=()=>{this.again()};this.absent=!1;this.show=e=>{this.querySelector("nis-page").open(e)};[this.chosen,this.collections,this.writes,this.over,this.opened,this.said]=["",[],!1,!1,[],""]}static{this.properties={...H.properties,chosen:{attribute:!1},collections:{state:!0},writes:{state:!0},over:{state:!0},opened:{state:!0},said:{state:!0}}}connectedCallback(){super.connectedCallback(),R.addEventListener("change",this.moved),R.addEventListener("end",this.ended)}disconnectedCallback(){super.disconnectedCallback(),R.removeEventListener("change",this.moved),R.removeEventListener("end",this.ended)}willUpdate(e){!e.has("chosen")||!this.hasUpdated||([this.lines,this.more,this.opened,this.trouble]=[null,null,[],null],this.again())}get name(){return this.chosen||S}get collection(){return this.collections.find(e=>e.name===this.name||e.id===this.name)}settle(e){let t=M(this.name).filter(i=>i.state==="ended"&&e.some(l=>l.run_id===i.log.runId&&l.state!=="reading"));t.length&&(this.said=t.map(i=>`${i.name}: ${i.problem?"could not be read":i.log.state==="succeeded"?"ready":i.log.state}`).join(", ")),W(t)}async look(){let[e,{collections:t}]=await Promise.all([A("documents:write"),u("/collections?kind=documents&limit=100")]),i=this.name===S&&!t.some(o=>o.name===S);this.absent=i;let l=await super.look();return()=>{l(),[this.collections,this.writes]=[t,e],this.settle(this.lines??[]);for(let o of this.lines??[])o.state==="reading"&&o.run_id&&ce(o.name,this.name,o.run_id)}}async page(e){if(this.absent)return{lines:[],next_cursor:null};let t={collection:this.name,limit:String(Pe),...e?{cursor:e}:{}},{documents:i,next_cursor:l}=await u(`/documents?${new URLSearchParams(t)}`);return{lines:i,next_cursor:l}}take(e){let t=[...e];t.length&&ne(t,this.name),this.said=t.length?`${h(t.length,"file")} added`:""}hold(e){!this.writes||!e.dataTransfer?.types.includes("Files")||(e.preventDefault(),this.over=!0)}drop(e){if(this.over=!1,!this.writes||!e.dataTransfer?.files.length)return;e.preventDefault();let t=[...e.dataTransfer.items].map(i=>i.webkitGetAsEntry?.()?.isDirectory??!1);this.take([...e.dataTransfer.files].filter((i,l)=>!t[l]))}async make(){let e=new Set(this.collections.map(i=>i.id));if(!await C({name:"collections.create_collection",title:"A new collection",button:"Create",of:{kind:"documents"}}))return;await this.again();let t=this.collections.find(i=>!e.has(i.id));t&&T({page:"documents",collection:t.name})}async unmake({id:e,name:t}){await C({name:"collections.delete_collection",title:`Delete ${t}?`,button:"Delete",of:{id:e}})&&(this.chosen?T({page:"documents",collection:""}):await this.again())}async discard({id:e,name:t}){await C({name:"documents.delete_document",title:`Delete ${t}?`,button:"Delete",of:{id:e}})&&await this.again()}render(){let e=this.holds?this.lines:null,t=M(this.name),i=new Set(t.filter(o=>o.state!=="ended").map(o=>o.log.runId)),l=(e??[]).filter(o=>o.state==="ready");return s`<div
        class="library ${this.over?"over":""}"
        @dragover=${o=>this.hold(o)} @dragleave=${()=>this.over=!1} @drop=${o=>this.drop(o)}
      >
        <header class="head">
          <h1>Documents</h1>
          <p class="lede">Files that are read once, page by page, and then searched and asked. An answer says on which page it stands, in which words.</p>
        </header>
        ${this.choice()}
        <p class="hidden" role="status">${this.said}</p>
        ${this.standing(this.lines!==null,"the documents")}
        ${e&&(l.length||this.more)?s`<nis-asking .collection=${this.name} .documents=${l} @place=${o=>this.show(o.detail)}></nis-asking>`:n}
        ${e&&this.writes?this.zone(e.length+t.length===0):n}
        ${t.length||e?.length?s`<ul class="kept" aria-label="Documents">
              ${U(t,o=>o,o=>this.entry(o))}
              ${U((e??[]).filter(o=>!i.has(o.run_id)),o=>o.id,o=>this.row(o))}
            </ul>`:e&&!this.writes?s`<p class="empty">There is no document here. To add one takes a key with the scope <code>documents:write</code>, which this one has not.</p>`:n}
        ${this.more?s`<button @click=${()=>{this.next()}}>Earlier documents</button>`:n}
      </div>
      <nis-page></nis-page>`}choice(){let e=[...new Set([S,...this.collections.map(i=>i.name),...this.collection?[]:[this.name]])],{collection:t}=this;return s`<div class="choice">
      <label class="dates">Collection
        <select class="small" .value=${t?.name??this.name} @change=${i=>T({page:"documents",collection:xe(i.target.value)})}>
          ${e.map(i=>s`<option value=${i} ?selected=${i===(t?.name??this.name)}>${i}</option>`)}
        </select>
      </label>
      ${this.writes?s`<button class="small" @click=${()=>{this.make()}}>New collection</button>`:n}
      ${this.writes&&t&&this.lines?.length===0&&!M(this.name).length?s`<button class="small plain" aria-label="Delete the collection ${t.name}" @click=${()=>{this.unmake(t)}}>Delete</button>`:n}
      ${t?s`<span>${t.description?`${t.description} `:""}${h(t.items,"chunk")}, found by their words${t.model?s` and by what they mean, with <code>${t.model}</code>`:" alone: there is no embedding model"}</span>`:n}
    </div>`}zone(e){return s`<div class="zone ${e?"first":""}">
      ${e?s`<p><strong>There is nothing here yet.</strong> Add a file: then ask it, and see on which page the answer stands.</p>`:n}
      <label class="pick">${x("plus")}Choose files
        <input
          type="file" class="hidden" multiple
          @change=${t=>{let i=t.target;this.take(i.files??[]),i.value=""}}
        />
      </label>
      <span class="note"><span class="drops">or drop them anywhere here: </span>PDF, Word, Excel, PowerPoint, HTML, Markdown, e-mail, CSV, text, scans, sounds</span>
    </div>`}entry(e){let{log:t,file:i,problem:l}=e,o=e.state!=="ended",[c,m,d]=Te(e);return s`<li aria-busy=${o}>
      <div class="bar">
        <h2>${e.name}</h2>
        ${O(c,m)}
        <button class="small ${o?"stop":"plain"}" aria-label="${o?"Cancel":"Hide"} ${e.name}" @click=${()=>{de(e)}}>${o?"Cancel":"Hide"}</button>
      </div>
      ${o?s`<progress max="1" .value=${t.progress?.fraction??0} aria-label="Progress of ${e.name}"></progress>`:n}
      <p class="facts">
        ${o&&t.progress?s`<span>${oe(t.progress.fraction)}</span>`:n}
        ${d?s`<span>${d}</span>`:n}
        ${i instanceof File?s`<span>${Z(i.size)}</span>`:n}
        ${t.runId?s`<a class="id" href=${w({page:"run",id:t.runId})} title="The run's events">${t.runId}</a>`:n}
      </p>
      ${l?pe(l):n}
    </li>`}row(e){let t=e.state==="ready",i=e.problem?.code==="cancelled",l=this.opened.includes(e.id),o={document:e.name,document_id:e.id,page:1,start:0,end:0};return s`<li>
      <div class="bar">
        <h2>${t?s`<button class="plain" title="Read it" @click=${()=>this.show(o)}>${e.name}</button>`:e.name}</h2>
        ${O(e.state==="reading"?"running":t?"ok":"failed",i&&!t?"cancelled":e.state)}
        ${t?s`<button class="small" aria-expanded=${l} aria-label="Summary of ${e.name}" @click=${()=>this.opened=l?this.opened.filter(c=>c!==e.id):[...this.opened,e.id]}>Summary</button>`:n}
        ${this.writes&&e.state==="failed"&&e.blob_id&&(i||e.problem?.retryable)?s`<button class="small" aria-label="Read ${e.name} again" @click=${()=>le(e,this.name)}>Read it again</button>`:n}
        ${this.writes?s`<button class="small plain" aria-label="Delete ${e.name}" @click=${()=>{this.discard(e)}}>Delete</button>`:n}
      </div>
      <p class="facts">
        ${e.title&&e.title!==e.name?s`<span>${e.title}</span>`:n}
        ${t?s`<span>${h(e.pages??0,"page")}</span><span>${h(e.chunks,"chunk")}</span>`:n}
        ${e.kind?s`<span>${e.kind}</span>`:n}
        <time datetime=${new Date(e.updated*1e3).toISOString()} title=${new Date(e.updated*1e3).toLocaleString()}>${L(e.updated)}</time>
      </p>
      ${e.problem?pe(e.problem,t?"What was to replace it could not be read.":""):n}
      ${e.notes.length?s`<details class="more"><summary>${h(e.notes.length,"note")} on how it was read</summary><ul class="hint">${e.notes.map(c=>s`<li>${c}</li>`)}</ul></details>`:n}
      ${l?s`<nis-summary .document=${e} @place=${c=>this.show(c.detail)}></nis-summary>`:n}
    </li>`}},xe=r=>r===S?"":r;function Te({state:r,log:a,problem:e}){if(r==="waiting")return["waiting","waiting","for those before it"];if(r==="under way")return a.runId?[a.state,a.state,a.progress?.message??""]:["running","sending",""];let t=a.result?.outcome;return e||a.state!=="succeeded"?["failed","not added",""]:["ok",t??"ready",t==="unchanged"?"the same file was there already":""]}function pe({title:r,detail:a,remedy:e},t=""){return s`<div class="failure">
    <p>${t?s`<strong>${t}</strong> `:s`<strong>${r.charAt(0).toUpperCase()+r.slice(1)}.</strong> `}${a}</p>
    ${e?s`<p class="remedy">${e}</p>`:n}
  </div>`}customElements.define("nis-documents",B);var J=class extends y{constructor(){super();this.dialog=f();[this.shown,this.user,this.found,this.busy,this.trouble]=[!1,"",null,!1,null]}static{this.properties={shown:{state:!0},user:{state:!0},found:{state:!0},busy:{state:!0},trouble:{state:!0}}}async open(e){[this.shown,this.user,this.found,this.busy,this.trouble]=[!0,e,null,!1,null],await this.updateComplete,this.dialog.value.showModal()}async call(e){[this.busy,this.trouble]=[!0,null];let{user:t}=this;try{let i=await u("/memory/forget-user",v("POST",{user:t,dry_run:e}));t===this.user&&(this.found=i),i.done&&this.dispatchEvent(new Event("forgotten"))}catch(i){this.trouble=p(i)}finally{this.busy=!1}}render(){if(!this.shown)return n;let{found:e}=this,[t,i]=[e?.places.some(l=>l.before>0)??!1,e?.done??!1];return s`<dialog class="sheet" aria-labelledby="forget-title" ${b(this.dialog)} @close=${()=>this.shown=!1}>
      <form
        @submit=${l=>{l.preventDefault(),this.call(!e)}}
      >
        <h2 id="forget-title">Forget a user everywhere</h2>
        <p class="note">Memories, entries, documents, conversations, runs, blobs: all that named them, removed and then looked for again.</p>
        ${i?n:s`<label for="forget-user">User</label>
              <input
                id="forget-user" required maxlength="128" autocomplete="off" .value=${this.user}
                @input=${l=>[this.user,this.found,this.trouble]=[l.target.value,null,null]}
              />`}
        <div aria-live="polite" aria-busy=${this.busy}>
          ${this.trouble?g(this.trouble):n}
          ${e?s`<p class="verdict">${Re(e,t)}</p> ${t?Se(e):n}`:n}
        </div>
        <div class="act">
          ${i||e&&!t?n:s`<button class=${e?"danger":"primary"} ?disabled=${this.busy}>${this.busy?"Looking …":e?`Forget ${e.user}`:"See what there is"}</button>`}
          <button type="button" class="plain" @click=${()=>this.dialog.value.close()}>${i?"Close":"Cancel"}</button>
          ${e&&t&&!i?s`<span class="note">This cannot be undone.</span>`:n}
        </div>
      </form>
    </dialog>`}};function Re({user:r,done:a,gone:e},t){return t?a?e?s`<strong class="good">Nothing of ${r} was found afterwards</strong> in any place that was looked at.`:s`<strong class="bad">Something of ${r} is still there</strong>: see below.`:s`This would be removed of <strong>${r}</strong>:`:s`There is nothing that names <strong>${r}</strong>.`}function Se({done:r,places:a,kept:e,left:t,beyond:i,definition:l}){return s`<div class="wide" role="region" aria-label="Places" tabindex="0">
      <table>
        <thead><tr><th scope="col">place</th><th scope="col" class="n">${r?"before":"there is"}</th>${r?s`<th scope="col" class="n">after</th>`:n}<th scope="col">how it was looked for</th></tr></thead>
        <tbody>
          ${a.filter(o=>o.before>0||o.after>0).map(o=>s`<tr><th scope="row">${o.place}</th><td class="n">${o.before}</td>${r?s`<td class="n ${o.after?"bad":""}">${o.after}</td>`:n}<td class="note">${o.how}</td></tr>`)}
        </tbody>
      </table>
    </div>
    ${I("What names it and was written about somebody else",t)} ${I("What stays on purpose",e)} ${I("What this cannot reach",i)} ${I("What counts as about the user",[l])}`}var I=(r,a)=>a.length?s`<details class="more"><summary>${r}</summary><ul class="hint">${a.map(e=>s`<li>${e}</li>`)}</ul></details>`:n;customElements.define("nis-forgetting",J);var _e=50,X=class extends K{constructor(){super();this.query=f();this.pages=1;this.pause=15e3;[this.user,this.memories,this.more,this.writes,this.recalled,this.refusal]=["",null,null,!1,null,null]}static{this.properties={...K.properties,user:{attribute:!1},memories:{state:!0},more:{state:!0},writes:{state:!0},recalled:{state:!0},refusal:{state:!0}}}willUpdate(e){!e.has("user")||!this.hasUpdated||([this.memories,this.recalled,this.refusal,this.trouble,this.pages]=[null,null,null,null,1],this.again())}get of(){return this.user?{user:this.user}:{}}async look(){let e=await A("memory:write"),t=[],i=0;for(let l=0;l<this.pages&&i!==null;l++){let o=new URLSearchParams({...this.of,limit:String(_e),cursor:String(i)}),c=await u(`/memory?${o}`);t.push(...c.memories),i=c.next_cursor}return()=>[this.memories,this.more,this.writes]=[t,i,e]}async recall(e){e.preventDefault();let t=this.query.value.value.trim();if([this.recalled,this.refusal]=[null,null],!!t)try{this.recalled=await u(`/memory/recall?${new URLSearchParams({...this.of,query:t,limit:"20"})}`)}catch(i){this.refusal=p(i)}}async forget({id:e}){if(await this.change("memory.forget_memory","Forget this?","Forget",{id:e}),this.recalled&&this.memories){let t=new Set(this.memories.map(i=>i.id));this.recalled={...this.recalled,memories:this.recalled.memories.filter(({memory:i})=>this.more!==null||t.has(i.id))}}}render(){let e=this.holds?this.memories:null;return s`<header class="head">
        <h1>Memory
          ${this.writes?s`<button class="primary small" @click=${()=>{this.change("memory.remember","Remember something","Remember")}}>Remember something</button>
                <button class="small danger" @click=${()=>{this.querySelector("nis-forgetting").open(this.user)}}>Forget a user</button>`:n}
        </h1>
        <p class="lede">What was told to be remembered, by <code>memory.remember</code>: of whom, when, and where it is from.</p>
      </header>
      ${this.finder()} ${this.standing(this.memories!==null,"the memories")}
      ${this.refusal?g(this.refusal):n} ${this.recalled?this.recollection(this.recalled):e?this.list(e):n}
      <nis-forgetting @forgotten=${()=>(this.recalled=null,void this.again())}></nis-forgetting>`}finder(){return s`<form class="panel asks-of" role="search" @submit=${e=>{this.recall(e)}}>
      <label class="hidden" for="of-memory">What is looked for</label>
      <input id="of-memory" dir="auto" maxlength="4000" placeholder="Recall what is remembered" autocomplete="off" ${b(this.query)} />
      <button class="primary">Recall</button>
      <label class="only"><span class="note">of user</span>
        <input
          maxlength="128" autocomplete="off" placeholder="anybody" .value=${this.user}
          @change=${e=>T({page:"memory",user:e.target.value.trim()})}
        /></label>
    </form>`}recollection({memories:e,formula:t,notes:i}){return s`<div aria-live="polite">
      <p class="choice"><span title=${t}>${e.length?"The best first; each says why it was recalled.":"Nothing that is remembered is about that."}</span>
        <button class="small" @click=${()=>this.recalled=null}>All that is remembered</button></p>
      <ul class="kept" aria-label="Recalled">${e.map(l=>this.row(l.memory,l))}</ul>
      ${i.map(l=>s`<p class="note">${l}</p>`)}
      ${e.length?s`<details class="more"><summary>What a score is</summary><p class="hint">${t}</p></details>`:n}
    </div>`}list(e){return e.length?s`<ul class="kept" aria-label="Memories">${e.map(t=>this.row(t))}</ul>
      ${this.more===null?n:s`<button @click=${()=>(this.pages++,void this.again())}>More</button>`}`:s`<p class="empty">${this.user?s`Nothing is remembered of ${this.user}.`:s`Nothing is remembered yet. An agent remembers by calling <code>memory.remember</code>${this.writes?s`; what they should know, you can write down here`:n}.`}</p>`}row(e,t=null){return s`<li>
      <div class="bar">
        <p class="said-so" dir="auto">${e.text}</p>
        ${this.writes?s`<button class="small plain" aria-label="Forget: ${e.text}" @click=${()=>{this.forget(e)}}>Forget</button>`:n}
      </div>
      ${t?s`<p class="because">Recalled because ${t.because} <span class="note">score ${t.score.toFixed(3)}</span></p>`:n}
      <p class="facts">
        <span>${e.kind}</span>
        ${e.user?s`<span>of <a href=${w({page:"memory",user:e.user})}>${e.user}</a></span>`:s`<span>of nobody in particular</span>`}
        ${e.agent?s`<span>by agent ${e.agent}</span>`:n}
        <span>importance ${e.importance}</span>
        <time datetime=${new Date(e.at*1e3).toISOString()} title=${new Date(e.at*1e3).toLocaleString()}>${L(e.at)}</time>
        ${e.sources.length?s`<span>replaces ${e.sources.length}</span>`:n}
        ${e.source_conversation?s`<a href=${w({page:"chat",id:e.source_conversation})}>from a conversation</a>`:e.source_run?s`<a href=${w({page:"run",id:e.source_run})}>from a run</a>`:s`<span>written directly</span>`}
      </p>
    </li>`}};customElements.define("nis-memory",X);var Ee=[[{page:"documents",collection:""},"documents"],[{page:"memory",user:""},"memory"]];function Xt(r){return s`<div class="column wide-column">
    <nav class="families parts" aria-label="Parts">
      ${Ee.map(([a,e])=>s`<a class="chip" href=${w(a)} aria-current=${a.page===r.page?"true":n}>${e}</a>`)}
    </nav>
    ${r.page==="documents"?s`<nis-documents .chosen=${r.collection}></nis-documents>`:s`<nis-memory .user=${r.user}></nis-memory>`}
  </div>`}export{Xt as library};
